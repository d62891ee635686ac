"""Facts about the scenarios page as a whole."""

import json
from dataclasses import asdict, replace
from datetime import timedelta

from tests.unit.pages.samples import ORIGIN, experiment, fleet, scenario
from webapp.core.views.scenarios import ScenarioStatus
from webapp.core.views.server import MetricView
from webapp.state.scenarios_build import Facts, build, shown
from webapp.state.scenarios_view import ScenariosKey

KEY = ScenariosKey("fleet-demo", "UTC")


def facts(measured: MetricView | None = None) -> Facts:
    return Facts(fleet("ppml001"), (scenario(),), experiment(), measured)


def test_the_page_is_plain_data(disk: MetricView) -> None:
    assert json.dumps(asdict(build(KEY, facts(disk))))


def test_whatever_runs_is_shown_unless_the_address_selects() -> None:
    old = replace(scenario(), id=3, status=ScenarioStatus.FINISHED)
    assert shown(KEY, [scenario(), old]).id == 7  # type: ignore[union-attr]
    assert shown(replace(KEY, selected=3), [scenario(), old]).id == 3  # type: ignore[union-attr]
    assert shown(KEY, [old]) is None


def test_the_countdown_runs_to_the_crossing_of_the_injected_server(disk: MetricView) -> None:
    one = build(KEY, facts(disk)).experiment
    assert one.breach_ms == (ORIGIN + timedelta(minutes=40)).timestamp() * 1000
    assert one.first_note.replace("\u00a0", " ") == "at 15:15, 80 % range 15:00 to 15:40"


def test_an_unlikely_breach_is_called_possible(disk: MetricView) -> None:
    one = build(KEY, facts(replace(disk, probability=0.45))).experiment
    assert one.first_name.replace("\u00a0", " ") == "Possible breach, 45 %, in"


def test_without_a_predicted_breach_there_is_no_countdown() -> None:
    calm = replace(scenario(), predicted_at=None)
    one = build(KEY, replace(facts(), ran=(calm,), experiment=replace(experiment(), scenario=calm))).experiment
    assert (one.breach_ms, one.first_text.replace("\u00a0", " ")) == (0, "none in 8 h")


def test_a_breach_that_came_says_how_early_it_was_forewarned() -> None:
    come = replace(scenario(), breached_at=ORIGIN)
    one = build(KEY, replace(facts(), experiment=replace(experiment(), scenario=come))).experiment
    assert (one.first_name, one.first_text) == ("True breach", "14:35")
    assert one.first_note.replace("\u00a0", " ") == "forewarned 10 min before"
