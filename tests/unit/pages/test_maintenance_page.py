"""The maintenance page: the fortnight as lanes, the list, the form."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from webapp.charts.maintenance import MOST_BARS, fortnight
from webapp.core.errors import Invalid
from webapp.core.views.maintenance import Lane, MaintenanceView, Once, Planned, Weekly
from webapp.state import maintenance_form as forms
from webapp.state.maintenance_build import build
from webapp.state.maintenance_view import MaintenanceKey

AT = datetime(2026, 3, 26, 12, tzinfo=UTC)  # a Thursday; on Sunday Berlin's clocks go forward
LANES = (Lane("ppdb001", "database"), Lane("ppweb001", "web", ((0, 12),)), Lane("ppweb002", "web", ((6, 12),)))
SUNDAYS = Weekly((6,), 150, 60, date(2026, 1, 1))
PATCH = Planned(1, "Patch", "database", (), "Europe/Berlin", SUNDAYS, 0, by="otto", at=AT)
SWAP = Planned(2, "Swap", None, ("ppweb001",), "UTC", Once(AT, AT + timedelta(hours=1)), 0, by="ada", at=AT)
VIEW = MaintenanceView("demo", "Europe/Berlin", "Europe/Berlin", AT, LANES, (PATCH, SWAP))
KEY = MaintenanceKey("demo", "UTC")


def form(**more: str) -> dict[str, str]:
    return forms.form_of(None, VIEW, KEY) | {"title": "Patch", "servers": "ppdb001"} | more


def test_days_are_the_viewers_and_the_streams_midnights_stand_below() -> None:
    drawn = fortnight(VIEW, "America/New_York")
    assert [day.label for day in drawn.days][:3] == ["Thu 26", "Fri 27", "Sat 28"] and drawn.days[2].weekend
    assert (drawn.here, drawn.there_name, drawn.there[0][1]) == ("New York", "Berlin", "Fri 27")
    assert fortnight(VIEW, "Europe/Berlin").there == []


def test_a_day_on_which_the_clocks_change_has_its_true_width() -> None:
    widths = [float(day.width.removesuffix("%")) for day in fortnight(VIEW, "Europe/Berlin").days]
    assert widths[3] / widths[2] == pytest.approx(23 / 24, abs=0.002)


def test_a_profile_fills_its_lane_servers_half_of_it_and_the_simulator_its_foot() -> None:
    bars = {bar.title.split(",")[0].split(":")[0]: bar for bar in fortnight(VIEW, "UTC").bars}
    assert bars["Patch"].kind == "whole" and bars["Swap"].kind == "some now"
    assert bars["ppweb001"].title == "ppweb001, ppweb002: set by the simulator"
    assert int(bars["Patch"].height) > int(bars["Swap"].height) > int(bars["ppweb001"].height)


def test_a_crowded_fortnight_says_that_not_all_is_drawn() -> None:
    daily = replace(PATCH, when=replace(SUNDAYS, days=tuple(range(7))))
    drawn = fortnight(replace(VIEW, planned=(daily,) * 60), "UTC")
    assert len(drawn.bars) == MOST_BARS and "the first 600 are drawn" in drawn.label


def test_the_page_begins_with_what_runs_and_says_what_is_next() -> None:
    page = build(KEY, VIEW)
    assert page.sentence == "1 server is in maintenance now."
    assert page.behind == "Next is Patch, all database servers, Sun 01:00."
    assert [(row.title, row.running) for row in page.rows] == [("Swap", True), ("Patch", False)]
    assert page.rows[1].when == "Sundays 02:30 to 03:30 Berlin" and "02:30 is skipped" in page.rows[1].note
    assert page.simulated[0].when == "Mondays 00:00 to 01:00 here" and page.zone_note.endswith("1\u00a0h ahead.")


def test_the_form_of_a_window_means_that_window() -> None:
    for one in (PATCH, SWAP):
        asked = forms.request_of(forms.form_of(one, VIEW, KEY))
        assert (asked.title, asked.servers, asked.profile, asked.zone) == (
            one.title,
            one.servers,
            one.profile,
            one.zone,
        )


def test_a_draft_is_previewed_before_it_has_a_title_or_servers() -> None:
    lines, hint = forms.preview(form(title="", servers="", start="02:30"), VIEW, "UTC", 0)
    assert not hint and "02:30 is skipped: it begins at 03:00" in lines[0] and "01:00 to 03:00 here" in lines[0]


def test_what_is_wrong_with_a_draft_is_said() -> None:
    assert forms.preview(form(duration="soon"), VIEW, "UTC", 0) == (
        [],
        "Write the duration like 2 h, 90 min or 1 h 30 min.",
    )
    once = {"kind": "once", "start_day": "2026-03-28", "end_day": "2026-03-27"}
    assert forms.preview(form(**once), VIEW, "UTC", 0)[1] == "The end has to lie after the start."


@pytest.mark.parametrize("payload", [{}, {"title": 5, "days": ["sun"], "start": None}, {"title": "x" * 99_999}])
def test_a_payload_may_hold_anything(payload: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        forms.request_of(forms.texts(payload))


def test_ids_and_days_of_a_payload_are_checked() -> None:
    assert [forms.number(one) for one in (3, -1, 2**40, "3", None)] == [3, 0, 0, 0, 0]
    assert forms.toggled(["sun"], "mon") == ["mon", "sun"] and forms.toggled(["sun"], "sun") == []
    assert forms.toggled(["sun"], "never") == ["sun"]
