"""What the page Training says of runs and of the schedule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from webapp.core.policies.schedules import Facts
from webapp.core.policies.training_runs import Recipe
from webapp.core.views.schedules import DueView, ScheduleRunView, TrainingSchedule
from webapp.core.views.training_runs import CurvePoint, TrainingView
from webapp.state.training_build import Found, build
from webapp.state.training_view import TrainingKey

AT = datetime(2026, 3, 4, 13, 30, tzinfo=UTC)
KEY = TrainingKey("fleet-demo", "UTC", 0)
DATA = {"from": "2026-02-25T10:00:00+00:00", "to": "2026-03-04T10:00:00+00:00", "rows": 40320, "sha256": "ab" * 32}
RUN = TrainingView(
    id=7, stream="fleet-demo", by="ann", reason="it drifts", recipe=Recipe().as_json(), start="fleet-tft 1.0.0",
    status="running", attempts=1, cancelling=False, phase="Training, network for known profiles, epoch 3 of 12",
    done=0.25, minutes_left=6.0, steps_per_s=9.04, note=None, candidate=None, candidate_id=None,
    manifest={"data": DATA},
    queued_at=AT - timedelta(minutes=4), started_at=AT - timedelta(minutes=3), ended_at=None,
    seen_at=AT - timedelta(seconds=2), curve=(CurvePoint("known", 1, 0.2), CurvePoint("known", 3, 0.15)),
)  # fmt: skip
DONE = replace(
    RUN, status="candidate", candidate="fleet-tft 1.1.0", candidate_id=2, ended_at=AT - timedelta(minutes=1),
    phase="", done=1.0,
    manifest={"data": DATA, "networks": {"known": {"epochs": 1, "examples": 6140}, "stranger": {}},
              "machine": {"cores": 2, "cpu": "Xeon", "memory_gb": 8.0, "gpu": None}, "commit": "c0ffee"},
)  # fmt: skip
PLAN = TrainingSchedule(
    stream="fleet-demo", clock_set=True, cron="0 2 * * *", zone="Europe/Berlin", zone_own="", enabled=True,
    words="every night at 02:00 Europe/Berlin", recipe=Recipe().as_json(), coming=(DueView(AT, ""),), last_at=None,
    last_outcome="", changed_by="", changed_at=None,
    history=(ScheduleRunView(AT, AT, "skipped", None, "forewarn", "run 6 is running"),
             ScheduleRunView(None, AT, "started", 6, "ann", "before the show")),
)  # fmt: skip
FACTS = Facts("", champion=True, servers=20, stored=timedelta(days=7), fresh=None)


def page(*runs: TrainingView, key: TrainingKey = KEY, facts: Facts = FACTS, plan: TrainingSchedule = PLAN):
    return build(Found(runs, facts, plan, "fleet-tft 1.0.0", AT), key)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_before_the_first_training_it_says_what_one_does() -> None:
    shown = page()
    assert shown.sentence == "Nothing was trained here yet."
    assert "serves nobody until somebody approves it. By schedule a training starts every night" in shown.behind
    assert shown.run.id == 0 and plain(shown.stored).startswith("7 days of 20 servers are stored")


def test_a_running_training_is_followed() -> None:
    shown = page(RUN)
    assert plain(shown.sentence) == "Run 7 trains a candidate: 25 %, 6 min left of this network."
    figures = {name: plain(value) for name, value in shown.run.figures}
    assert (figures["Throughput"], figures["Tries"], shown.run.width) == ("9.0 steps/s", "1", "25.0%")
    assert shown.run.alive and shown.run.heard_at == (AT - timedelta(seconds=2)).timestamp() * 1000
    assert [one.text for one in shown.run.curve.epochs][-1] == "12"


def test_a_silent_worker_is_said_to_be_replaced() -> None:
    assert "fell silent" in page(replace(RUN, seen_at=AT - timedelta(minutes=1))).run.phase


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "queued", "started_at": None, "seen_at": None}, "waits for the training worker"),
        ({"cancelling": True}, "is being cancelled; its checkpoint stays"),
        ({"phase": "Calibrating on held-out machines"}, "is trained"),
        ({"status": "failed", "ended_at": AT, "note": "no data"}, "Run 7 failed at 13:30"),
        ({"status": "cancelled", "ended_at": AT}, "Run 7 was cancelled at 13:30"),
        ({"status": "candidate", "ended_at": AT, "candidate": "fleet-tft 1.1.0"}, "became the candidate fleet-tft"),
    ],
)
def test_every_state_has_its_sentence(change: dict[str, object], said: str) -> None:
    assert said in page(replace(RUN, **change)).sentence


def test_what_a_run_used_is_listed() -> None:
    facts = {name: plain(value) for name, value in page(DONE).run.facts}
    assert facts["Data"] == "25 Feb 10:00 to 4 Mar 10:00 of the stream's time, 40,320 rows"
    assert (facts["Became"], facts["Trained"]) == ("fleet-tft 1.1.0", "known profiles: 1 epoch on 6,140 examples")
    assert (facts["Hardware"], facts["Sources"]) == ("2 cores, Xeon, 8 GB, no graphics card", "c0ffee")


def test_a_run_is_opened_by_its_address_and_an_unknown_one_is_said() -> None:
    older = replace(DONE, id=3)
    assert page(RUN, older, key=replace(KEY, run=3)).run.title == "Run 3"
    assert page(RUN, key=replace(KEY, run=9)).trouble == "There is no run 9 of fleet-demo."
    assert TrainingKey.of("s", "UTC", {"run": "²"}).run == TrainingKey.of("s", "UTC", {"run": "x"}).run == 0


def test_what_stopped_can_go_on_and_what_became_a_candidate_leads_to_its_evidence() -> None:
    assert page(replace(RUN, status="cancelled", ended_at=AT)).run.again == "Resume"
    assert page(replace(RUN, status="failed", ended_at=AT)).run.again == "Try again"
    assert page(DONE).run.evidence == "/models?stream=fleet-demo&version=2"


def test_why_nothing_can_be_asked_for_is_said() -> None:
    assert page(RUN, facts=replace(FACTS, busy="run 7 is running")).blocked == (
        "One training at a time: run 7 is running."
    )
    assert "no model to start from" in page(facts=replace(FACTS, champion=False)).blocked


def test_the_schedule_is_said_in_words_with_its_past() -> None:
    plan = page().schedule
    assert plan.sentence == "Every night at 02:00 Europe/Berlin"
    assert plan.coming == [["Wed 04 Mar 14:30", ""]] and "clock on the wall" in plan.note
    assert [(one.outcome, one.run, one.why) for one in plan.history] == [
        ("skipped", "", "run 6 is running"),
        ("started", "run 6", "at once, by ann: before the show"),
    ]
    assert page(plan=replace(PLAN, enabled=False)).schedule.sentence == "Off: nothing starts by itself"
