"""What the page Retention says of the store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from webapp.core.views.retention import Consequence, DiskView, LimitView, StorageSnapshot, SweepView, UsageView
from webapp.state.retention_build import build, consequence, percent, size

AT = datetime(2026, 3, 4, 13, 30, tzinfo=UTC)
DISK = DiskView(250_000, 80_000, short=False)
LIMITS = tuple(LimitView(name, value, value, None, None, "") for name, value in {
    "cap_mb": 5000, "fan_hours": 48, "telemetry_days": None, "risk_days": None, "run_days": None}.items())  # fmt: skip
SWEEP = SweepView("ann", AT, AT, AT + timedelta(seconds=3), (("fans", 1200), ("risks", 3)), 2.4, "")
STORE = StorageSnapshot(
    AT, 1240.0, (UsageView("fans", 500_000, 1050, timedelta(days=9)), UsageView("rest", 0, 190, None)), AT, LIMITS,
    DISK,
    (SWEEP,), datetime(2026, 3, 4, 14, 7, tzinfo=UTC),
)  # fmt: skip


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_one_sentence_says_how_full_it_is_and_when_it_is_swept() -> None:
    page = build(STORE, "UTC")
    assert plain(page.sentence) == "1,240 MB of at most 5,000 MB are used, 25 %."
    assert page.behind == "The next sweep is at 14:07; changes hold from then on."
    assert page.warning == ""


def test_a_bar_is_as_wide_as_its_share_of_the_cap() -> None:
    fans, rest = build(STORE, "UTC").parts
    assert (fans.width, plain(fans.oldest), fans.rows) == ("21.00%", "9 days", "500,000")
    assert rest.rows == ""


def test_a_full_store_and_a_full_disk_are_said() -> None:
    assert "at its cap" in build(replace(STORE, used_mb=4999), "UTC").warning
    short = replace(STORE, disk=DiskView(250_000, 900, short=True))
    assert "nearly full" in build(short, "UTC").warning


def test_a_decision_names_its_person_and_what_it_replaced() -> None:
    own, decided = LIMITS[0], LimitView("cap_mb", 4000, 5000, "ann", AT, "a small disk")
    kept = build(replace(STORE, limits=(decided, *LIMITS[1:])), "UTC").kept[0]
    assert (kept.own, kept.by) == (False, "ann, 13:30: a small disk")
    assert "5,000" in kept.title
    assert build(replace(STORE, limits=(own, *LIMITS[1:])), "UTC").kept[0].own


@pytest.mark.parametrize(
    ("changes", "note"),
    [({}, ""), ({"started_at": None, "finished_at": None}, "Waits for a worker"),
     ({"finished_at": None}, "Under way"),
     ({"started_at": AT - timedelta(hours=1), "finished_at": None}, "Did not end: its worker died")],
)  # fmt: skip
def test_a_sweep_says_how_it_stands(changes: dict[str, object], note: str) -> None:
    page = build(replace(STORE, sweeps=(replace(SWEEP, **changes),)), "UTC")  # type: ignore[arg-type]
    assert page.swept[0].note == note
    assert page.sweeping == (note in ("Waits for a worker", "Under way"))


def test_a_sweep_says_what_went() -> None:
    swept = build(STORE, "UTC").swept[0]
    assert (swept.deleted, plain(swept.freed), plain(swept.took)) == ("1,200 forecasts, 3 risks", "2 MB", "3 s")
    assert build(replace(STORE, sweeps=(replace(SWEEP, deleted=()),)), "UTC").swept[0].deleted.startswith("nothing")


def test_the_consequence_of_a_limit_is_said_before_it_holds() -> None:
    told = Consequence((UsageView("fans", 147_000, 310, timedelta(hours=24)),), 120, STORE.next_sweep_at)
    first, second = map(plain, consequence(told, "UTC", AT))
    assert first == "About 310 MB of forecasts older than 24 h would go at the next sweep, at 14:07: 147,000 rows."
    assert second == "About 120 MB more of the oldest forecasts would go to get under the cap."
    nothing = Consequence((), 0, STORE.next_sweep_at)
    assert consequence(nothing, "UTC", AT) == ["Nothing would go at the next sweep, at 14:07."]


@pytest.mark.parametrize(("mb", "said"), [(0.0, "0 MB"), (0.2, "under 1 MB"), (1234.6, "1,235 MB")])
def test_sizes(mb: float, said: str) -> None:
    assert plain(size(mb)) == said


@pytest.mark.parametrize(("share", "said"), [(0.0, "0 %"), (0.001, "under 1 %"), (1.2, "120 %")])
def test_shares(share: float, said: str) -> None:
    assert plain(percent(share)) == said
