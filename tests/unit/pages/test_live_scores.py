"""Facts about live scores on the calibration page: ages, ties, moments, and that no data is never a zero."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.pages.samples import ORIGIN, board, compared, scored
from webapp.charts import live_scores as charts
from webapp.core.views.live_scores import Compared, HourScore, LiveBoard, Moved, Truth
from webapp.state.live_scores import LivePage, against, against_title, build, truth


def page(**changes: object) -> LivePage:
    return build(board(**changes), "UTC")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_feed_that_stopped_is_said_with_its_age() -> None:
    said = truth(Truth(ORIGIN, ORIGIN + timedelta(minutes=43), ORIGIN, True, True, 5, 120, 0), "UTC")
    assert plain(said.sentence).startswith("No truth since 14:35, 43 min ago:")
    assert (said.stale, said.matured, said.overdue, said.missing) == (True, "5", "120", "none")


def test_without_truth_there_is_no_data_and_no_zero() -> None:
    assert truth(Truth(None, None, None, False, True, 0, 0, 0), "UTC").sentence == "No truth has come yet."
    assert truth(Truth(ORIGIN, ORIGIN, None, False, True, 0, 0, 0), "UTC").matured == "no data"
    empty = page(champion=(), shadow=(), versions=())
    assert not empty.any and empty.hours == [] and empty.chart_says == "Nothing was scored yet."


def test_versions_stand_side_by_side_with_counts_and_roles() -> None:
    found = page().versions
    assert [(one.name, one.role) for one in found] == [
        ("tft 1.1.0", "serves"), ("tft 1.0.0", "served before"), ("tft 1.0.0", "shadow, guard"),
    ]  # fmt: skip
    assert found[0].count == "1,000" and found[0].against == "" and len(found[0].marks) == 6
    assert plain(found[2].against) == "2.1 % higher"


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (None, "no common truth yet"),
        (compared(-0.05), "5.0 % lower"),
        (compared(0.004), "tie, 0.4 % higher"),
        (replace(compared(0.3), low=None, high=None), "30.0 % higher, too few to say"),
        (compared(0.0), "tie, under 0.1 % away"),
    ],
)
def test_a_difference_within_its_interval_is_a_tie(one: Compared | None, said: str) -> None:
    assert plain(against(one)) == said
    assert against_title(one)


def test_a_watched_promotion_is_said_with_its_numbers() -> None:
    (one,) = page().watches
    assert plain(one.text) == (
        "tft 1.1.0 is watched since its promotion at 12:35: error 2.1 % lower than that of tft 1.0.0 (−3.1 to −1.1 %) "
        "on 14,112 truths of 6 h; keeps serving."
    )
    assert plain(page().shadows[0]).startswith("tft 1.0.0 forecasts in the shadow as guard until Sun 12:35: 2 origins")


def test_what_became_of_a_watch_is_said() -> None:
    before = board().watches[0]
    back = replace(before, open=False, verdict="rolled back", note="its loss was above")
    kept = replace(before, open=False, verdict="kept")
    moved = replace(before, open=False, verdict="moved", note="another version was put there", compared=None)
    said = [plain(one.text) for one in page(watches=(back, kept, moved)).watches]
    assert said[0] == "tft 1.1.0 was rolled back to tft 1.0.0 by policy."
    assert said[1].startswith("tft 1.1.0 was kept after its promotion at 12:35: error 2.1 % lower")
    assert said[2] == "The watch over tft 1.1.0, promoted at 12:35, ended: another version was put there."


def test_an_hour_without_scores_is_a_gap_in_the_line() -> None:
    whole: LiveBoard = board()
    holes = (*whole.champion[:10], *whole.champion[14:])
    assert charts.chart(whole.champion, (), (), "UTC").held.champion.count("M") == 1
    assert charts.chart(holes, (), (), "UTC").held.champion.count("M") == 2
    nothing = (*whole.champion[:-1], HourScore(whole.champion[-1].end_at, scored(0, 0, skill=None)))
    drawn = charts.chart(nothing, (), (), "UTC")
    assert len(drawn.skill.champion) < len(charts.chart(whole.champion, (), (), "UTC").skill.champion)


def test_moves_of_the_slot_are_marked_where_they_happened() -> None:
    whole = board()
    moves = (*whole.moves, Moved(ORIGIN - timedelta(hours=1), "tft 1.0.0", "rollback", "forewarn (policy)"))
    found = charts.chart(whole.champion, whole.shadow, moves, "UTC").moments
    assert [one.text for one in found] == ["1.1.0 promoted 12:35", "1.0.0 back 13:35"]
    assert [one.level for one in found] == [1, 0]
    far = (Moved(ORIGIN - timedelta(days=9), "tft 0.9", "promotion", "ann"),)
    assert charts.chart(whole.champion, (), far, "UTC").moments == ()


def test_words_of_moves_that_lie_close_never_cover_each_other() -> None:
    whole = board()
    moves = tuple(
        Moved(ORIGIN - timedelta(hours=hours), f"tft 1.{hours}.0", "promotion", "ann") for hours in (4, 3, 2, 1)
    )
    found = charts.chart(whole.champion, whole.shadow, moves, "UTC").moments
    assert [one.shown for one in found] == [False, False, True, True]  # the newest two have the two lines
    assert len({one.level for one in found if one.shown}) == 2
    assert [one.text.split()[0] for one in found] == ["1.4.0", "1.3.0", "1.2.0", "1.1.0"]


def test_a_skill_below_zero_widens_the_scale() -> None:
    bad = tuple(HourScore(one.end_at, scored(skill=-0.5)) for one in board().champion)
    drawn = charts.chart(bad, (), (), "UTC").skill
    assert drawn.bottom == "−0.6" and 0 < float(drawn.zero) < 100
    assert charts.chart(board().champion, (), (), "UTC").skill.bottom == "0"


def test_every_hour_has_its_numbers_for_the_pointer_and_the_table() -> None:
    found = page()
    assert len(found.hours) == 24 and found.table[0] == found.hours[-1]
    assert plain(found.hours[-1].title).startswith("The hour up to 14:00. Champion: held 80 % of 1,000, skill 0.40.")
    assert found.hours[0].shadow == "no data"
