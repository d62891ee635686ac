"""Facts about what is said of one server."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from ml.contracts import Method
from tests.unit.pages.samples import ORIGIN, risk, stream
from webapp.core.views.server import MetricView
from webapp.core.views.severity import Severity
from webapp.state import server_words as words

Changed = Callable[..., MetricView]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_coming_crossing_is_said_first_with_its_probability_behind(disk: MetricView) -> None:
    first, behind = words.sentence(disk, risk(), UTC, ORIGIN)
    assert plain(first) == "Disk used will cross 90 % in 40 min, at 15:15."
    assert plain(behind) == "Probability 94 %, 80 % range 15:00 to 15:40."


def test_what_is_in_breach_says_since_when(disk: MetricView) -> None:
    since = replace(risk(), breach_since_at=ORIGIN - timedelta(minutes=25))
    first, behind = words.sentence(disk, since, UTC, ORIGIN)
    assert plain(first) == "Disk used has been over 90 % since 14:10."
    assert plain(behind) == "In breach for 25 min; 86.0 % now."


def test_a_calm_server_names_its_likeliest_metric(disk: MetricView) -> None:
    calm = replace(risk(), severity=Severity.HEALTHY, probability=0.04, crossing_at=None)
    first, behind = words.sentence(replace(disk, probability=0.04), calm, UTC, ORIGIN)
    assert plain(first) == "No threshold is forecast to be crossed within 8 h."
    assert plain(behind) == "The likeliest is disk used over 90 %, probability 4 %."


def test_a_server_without_a_forecast_says_why() -> None:
    silent = replace(risk(), severity=Severity.NO_FORECAST, reason="no observation has arrived yet", metric=None)
    assert words.sentence(None, silent, UTC, ORIGIN)[1] == "No observation has arrived yet."


def test_maintenance_says_until_when(disk: MetricView) -> None:
    until = replace(risk(), severity=Severity.MAINTENANCE, maintenance_until_at=ORIGIN + timedelta(minutes=55))
    assert words.sentence(disk, until, UTC, ORIGIN)[0] == "In maintenance until 15:30."


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (Method.CHAMPION, "ridge 1.0.0"),
        (Method.PERSISTENCE, "persistence, 3 of 12 observations"),
        (Method.NONE, "nobody"),
    ],
)
def test_a_baseline_is_named_and_never_the_model(method: Method, said: str) -> None:
    assert words.made_by(replace(risk(), method=method, history=3), stream()) == said


def test_a_stale_forecast_keeps_what_it_said() -> None:
    late = replace(stream(), stale_since=ORIGIN)
    said = words.stale(late, "Disk used will cross 90 % in 40 min.", UTC, ORIGIN)
    assert said.startswith(
        "It said: disk used will cross 90 % in 40 min. Its data end at 14:35; this may have changed."
    )
    assert words.stale(stream(), "Anything.", UTC, ORIGIN) == ""


def test_the_line_under_a_small_chart_says_when_or_how_likely(disk: MetricView, changed: Changed) -> None:
    assert plain(words.metric_note(disk, UTC, ORIGIN)) == "over 90 % in 40 min"
    assert plain(words.metric_note(changed(severity=Severity.HEALTHY), UTC, ORIGIN)) == "clear, probability 94 %"
    assert words.metric_note(changed(fan=None, now=None), UTC, ORIGIN) == "not measured here"


def test_a_charts_label_is_a_sentence_with_values_and_units(disk: MetricView) -> None:
    said = plain(words.chart_label(disk, "ppdb002", UTC, ORIGIN))
    assert said.startswith("Disk used of ppdb002: 86.0 % now, in 8 h 134.0 %, 80 % range 132.0 to 136.0; over 90 %")
    assert said.endswith("over 90 % in 40 min, at 15:15, with 80 % between 15:00 and 15:40.")


def test_a_clear_metric_has_no_crossing_to_tell(changed: Changed) -> None:
    assert words.crossing_range(changed(severity=Severity.HEALTHY), UTC, ORIGIN) == ""
    assert words.crossing_range(changed(breach_since_at=ORIGIN), UTC, ORIGIN) == ""


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a",), "a"),
        (("a", "b"), "a and b"),
        (("a", "b", "c"), "a, b and c"),
        (("a", "b", "c", "d"), "a, b and 2 more"),
    ],
)
def test_many_names_become_a_few_and_a_count(names: tuple[str, ...], said: str) -> None:
    assert words.listed(names) == said
