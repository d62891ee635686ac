"""Training after drift: the decision after each look, why it was made, and the rule that people set.

A decision and the training that it asks for share a transaction, so a drift is trained for once. As long as the answer
stays the same its row only grows, so the list says what was decided and why not.
"""

from datetime import datetime

from webapp.core.clock import now
from webapp.core.db import Session
from webapp.core.errors import Conflict
from webapp.core.events import Event, EventKind
from webapp.core.models.drift_reports import DriftDecision, DriftPolicy
from webapp.core.models.streams import Stream
from webapp.core.policies import drift_reports as policy
from webapp.core.policies import drift_words as words
from webapp.core.policies.drift_reports import ACTOR, Hold, Open, Retrain, Rule, Situation
from webapp.core.policies.training_runs import Status
from webapp.core.repositories import decisions, locks, model_versions, promotions
from webapp.core.repositories import drift_reports as rows
from webapp.core.repositories import training_runs as run_rows
from webapp.core.services import audit, drift_episodes, streams, training_runs
from webapp.core.uow import UnitOfWork, unit_of_work

_ALIVE = (Status.QUEUED.value, Status.RUNNING.value)
_LOOK_BACK = 20  # trainings among which the last one after drift is looked for
_MODEL_FREE = 400  # characters of a reason


def decide(uow: UnitOfWork, stream: Stream, hour: int) -> None:
    """Decide after the look at an hour, keep why, and queue the training."""
    answer = policy.decide(_situation(uow.session, stream, hour))
    run_id = None
    if isinstance(answer, Retrain):
        try:
            run_id = training_runs.queue(uow, stream.slug, answer.recipe, ACTOR, answer.reason[:_MODEL_FREE]).id
        except Conflict as error:
            answer = Hold("busy", error.message)
    _keep(uow, stream, hour, answer, run_id)


def _situation(session: Session, stream: Stream, hour: int) -> Situation:
    assert stream.id is not None
    row, busy = rows.rule(session, stream.id), run_rows.with_status(session, _ALIVE, stream.id)
    going_on = tuple(
        Open(one.opened_hour, one.since_hour, words.cell(one.group, one.metric), one.cost)
        for one in rows.open_episodes(session, stream.id)
    )
    off = "" if row is None or row.enabled else f" by {row.by}: {row.reason}"
    running = f"Training {busy[0].id} is {busy[0].status}" if busy else ""
    return Situation(
        rule_of(row), hour, going_on, running, _trained(session, stream.id), off, _waits(session, stream.id)
    )


def _waits(session: Session, stream_id: int) -> str:
    """The candidate of the last training after drift, if the gate passed it beside the champion of now and nobody has
    decided on it; "" without one. What the gate refused may be trained again on more data."""
    run = next((one for one in run_rows.of_stream(session, stream_id, _LOOK_BACK) if one.by == ACTOR), None)
    champion = model_versions.champion(session, stream_id)
    if run is None or run.version_id is None or champion is None:
        return ""
    newest = {one.candidate_id: one for one in decisions.newest(session, stream_id)}.get(run.version_id)
    if newest is None or not newest.passed or newest.champion_sha256 != champion.sha256:
        return ""
    served = {one.model_version_id for one in promotions.of_stream(session, stream_id)}
    version = model_versions.by_id(session, run.version_id)
    if version is None or run.version_id in served or decisions.on_evidence(session, newest.id or 0) is not None:
        return ""
    return f"{version.model} {version.version}"


def _trained(session: Session, stream_id: int) -> int | None:
    """The stream's hour in which a training was asked for last, by whomever; a cancelled one does not count."""
    decided = rows.last_retrain(session, stream_id)
    found = [decided.first_hour] if decided else []
    for run in run_rows.of_stream(session, stream_id, 5):
        if run.by != ACTOR and run.status != Status.CANCELLED.value:
            found += [hour for hour in (rows.hour_at(session, stream_id, run.queued_at),) if hour is not None]
    return max(found, default=None)


def _keep(uow: UnitOfWork, stream: Stream, hour: int, answer: Retrain | Hold, run_id: int | None) -> None:
    assert stream.id is not None
    last = next(iter(rows.decisions(uow.session, stream.id, 1)), None)
    retrain = isinstance(answer, Retrain)
    if last is not None and not retrain and last.code == answer.code:
        last.last_hour, last.reason, last.at = hour, answer.reason[:500], now()
        uow.session.add(last)
        return
    uow.session.add(
        DriftDecision(
            stream_id=stream.id, first_hour=hour, last_hour=hour, retrain=retrain, code=answer.code,
            reason=answer.reason[:500], run_id=run_id, at=now(),
        )
    )  # fmt: skip


def rule_of(row: DriftPolicy | None) -> Rule:
    """The rule that holds."""
    if row is None:
        return Rule()
    return Rule(row.enabled, row.open_hours, row.new_hours, row.pause_hours, row.minutes)


def change(slug: str, rule: Rule, by: str, reason: str, shown_at: datetime | None = None) -> Rule:
    """Set a stream's rule; what was so already stays, without an entry.

    Raises NotFound, Invalid that names the field, and Conflict when somebody changed it since `shown_at`.
    """
    policy.check(rule)
    why = policy.check_reason(reason)
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug)
        assert stream.id is not None
        locks.take(uow.session, f"drift:{stream.id}")
        row = rows.rule(uow.session, stream.id)
        if row is not None and shown_at is not None and row.at > shown_at:
            raise Conflict(f"{row.by} changed this rule meanwhile. Look again, then decide.")
        before = rule_of(row)
        if before == rule:
            return rule
        rows.put_rule(
            uow.session,
            DriftPolicy(
                stream_id=stream.id, enabled=rule.enabled, open_hours=rule.open_hours, new_hours=rule.new_hours,
                pause_hours=rule.pause_hours, minutes=rule.minutes, by=by[:64], reason=why, at=now(),
            ),
        )  # fmt: skip
        changed = {name: (getattr(before, name), getattr(rule, name)) for name in Rule.__slots__}
        detail = {name: f"{old} to {new}" for name, (old, new) in changed.items() if old != new}
        audit.record(uow, by, "set", "drift_policy", slug, why, detail)
        uow.emit(Event(EventKind.DRIFT_CHANGED, stream.id))
        return rule


def restart(slug: str, by: str, reason: str) -> None:
    """Begin the reference anew with the next hour: what is now is what is usual. Raises NotFound, Invalid, Conflict."""
    why = policy.check_reason(reason)
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug)
        assert stream.id is not None
        locks.take(uow.session, f"drift:{stream.id}")
        state = rows.state(uow.session, stream.id)
        if state is None:
            raise Conflict(f"Nobody has looked for drift on {slug} yet: there is no reference to begin anew.")
        hour = max(state.hour, state.begin, rows.newest_hour(uow.session, stream.id) or 0)
        rows.put_state(uow.session, state.model_copy(update={"begin": hour + 1, "begin_forecast": None, "hour": hour}))
        drift_episodes.end_all(uow, stream.id, hour, f"{by} began the reference anew")
        audit.record(uow, by, "restart", "drift_reference", slug, why, {"from_hour": hour + 1})
        uow.emit(Event(EventKind.DRIFT_CHANGED, stream.id))
