"""A stream's thresholds: what holds for which profile, and changing it. Every change is audited.

A change and a cycle's risks are stored one after the other, never at the same time (`hold`). So either the cycle
sees that it judged by what no longer holds, or the change comes after its risks: both ask for a judgement, and a
row says that it is owed until it is made.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from ml.contracts import Floats
from ml.schema import METRIC_INDEX, METRIC_NAMES, METRICS
from ml.streams.fleet import profile_named
from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict
from webapp.core.events import Event, EventKind
from webapp.core.jobs import RisksJudge
from webapp.core.models.thresholds import Threshold
from webapp.core.policies import thresholds as policy
from webapp.core.policies.thresholds import Limit, Limits
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import audit as audit_rows
from webapp.core.repositories import locks
from webapp.core.repositories import thresholds as rows
from webapp.core.services import audit, streams
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.audit import Wanted
from webapp.core.views.thresholds import ProfileView, Shown, ThresholdsSnapshot, ThresholdView

NOUN = "threshold"


def limits(session: Session, stream_id: int) -> Limits:
    """What differs from the defaults on a stream."""
    return rows.limits(session, stream_id)


def matrix(session: Session, stream_id: int, profiles: Sequence[str]) -> Floats:
    """A stream's thresholds as [N, M], one row a profile name; NaN where a metric is not watched."""
    return policy.matrix(limits(session, stream_id), profiles)


def hold(session: Session, stream_id: int) -> None:
    """Let nobody else change a stream's thresholds, or store what was judged by them, until this transaction ends."""
    locks.take(session, f"thresholds {stream_id}")


def note_used(uow: UnitOfWork, stream_id: int, used: Limits, profiles: Mapping[int, str]) -> None:
    """Ask for a judgement where limits, or a server's profile, changed since `used` and `profiles` (by id) were read.

    The caller stores its risks under `hold`.
    """
    moved = set(policy.moved(used, limits(uow.session, stream_id)))
    now_held = asset_rows.profiles(uow.session, stream_id)
    moved |= {now_held[one] for one, before in profiles.items() if now_held.get(one, before) != before}
    if moved:
        _owe(uow, stream_id, moved)


def follow_profiles(uow: UnitOfWork, stream_id: int, profiles: Collection[str]) -> None:
    """Servers have these profiles now: by their thresholds the newest risks are judged again."""
    if profiles:
        hold(uow.session, stream_id)
        _owe(uow, stream_id, profiles)


def _owe(uow: UnitOfWork, stream_id: int, profiles: Collection[str]) -> None:
    named = sorted({profile_named(one).value for one in profiles})
    rows.owe(uow.session, stream_id, named, now())
    uow.enqueue(RisksJudge(stream_id))


def snapshot(slug: str) -> ThresholdsSnapshot:
    """Every threshold of a stream with its default and its last change. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        changed = {(row.profile, row.metric): row for row in rows.of_stream(session, stream.id)}
        profiles = [one.profile for one in asset_rows.of_stream(session, stream.id)]
        owed = rows.owed(session, stream.id)
    servers = Counter(profile_named(one).value for one in profiles)
    listed = tuple(
        ProfileView(
            profile, servers.get(profile, 0),
            tuple(_view(profile, name, changed.get((profile, name))) for name in METRIC_NAMES),
        )
        for profile in policy.order(servers)
    )  # fmt: skip
    return ThresholdsSnapshot(slug, listed, min(owed.values(), default=None))


def change(
    slug: str, profile: str, metric: str, limit: Limit, by: str, reason: str, shown: Shown | None = None
) -> ThresholdView:
    """Set a threshold; None stops watching the metric. What was so already stays as it is, without an entry.

    The newest risks are judged by it within seconds. Raises Invalid that names the field, NotFound, and Conflict
    when it is not any more what the caller was `shown`.
    """
    policy.check_place(profile, metric)
    return _set(slug, profile, metric, policy.check_limit(metric, limit), by, reason, shown)


def reset(
    slug: str, profile: str, metric: str, by: str, reason: str, shown: Shown | None = None
) -> ThresholdView:  # fmt: skip
    """Let the default hold again. Raises as `change` does."""
    policy.check_place(profile, metric)
    return _set(slug, profile, metric, policy.default(profile, metric), by, reason, shown)


def _set(
    slug: str, profile: str, metric: str, limit: Limit, by: str, reason: str, shown: Shown | None
) -> ThresholdView:
    why = policy.check_reason(reason)
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug)
        assert stream.id is not None
        hold(uow.session, stream.id)
        before = policy.limit_of(limits(uow.session, stream.id), profile, metric)
        subject = f"{slug} {profile} {metric}"
        if shown is not None and shown.limit != before:
            raise _overtaken(uow.session, subject, profile, metric, before)
        standard = policy.default(profile, metric)
        row = Threshold(
            stream_id=stream.id, profile=profile, metric=metric, limit=limit, by=by[:64], at=now(), reason=why
        )
        if limit == before:
            return _view(profile, metric, rows.one(uow.session, stream.id, profile, metric))
        if limit == standard:
            rows.drop(uow.session, stream.id, profile, metric)
        else:
            rows.put(uow.session, row)
        detail = {"from": policy.told(metric, before), "to": policy.told(metric, limit), "stream": slug}
        detail["default"] = policy.told(metric, standard)
        audit.record(uow, by, "reset" if limit == standard else "set", NOUN, subject, why, detail)
        _owe(uow, stream.id, [profile])
        uow.emit(Event(EventKind.THRESHOLDS_CHANGED, stream.id, f"{profile} {metric}"))
        return _view(profile, metric, None if limit == standard else row)


def _overtaken(session: Session, subject: str, profile: str, metric: str, found: Limit) -> Conflict:
    last = audit_rows.matching(session, Wanted(noun=NOUN, subject=subject), None, 1)
    who = f" by {last[0].actor}" if last else ""
    what = f"{METRICS[METRIC_INDEX[metric]].label} of {profile} servers"
    return Conflict(f"{what} was changed meanwhile{who} to {policy.told(metric, found)}. Look again, then decide.")


def _view(profile: str, metric: str, row: Threshold | None) -> ThresholdView:
    standard = policy.default(profile, metric)
    if row is None:
        return ThresholdView(profile, metric, standard, standard)
    return ThresholdView(profile, metric, row.limit, standard, row.by, row.at, row.reason)
