"""Who a batch is of: servers known by any of their names, and new ones, which it adds.

Runs inside the transaction that stores the batch. What a sender says of a server (profile, labels) is kept beside it;
the profile in force follows from that as `policies.profiles` says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ml.schema import Profile
from webapp.core import clock
from webapp.core.errors import Conflict, FieldError
from webapp.core.events import Event, EventKind
from webapp.core.models.assets import Asset
from webapp.core.models.streams import Stream
from webapp.core.policies import telemetry as policy
from webapp.core.policies.telemetry import Row
from webapp.core.repositories import assets
from webapp.core.repositories.assets import Known
from webapp.core.services import audit, profiles, thresholds
from webapp.core.uow import UnitOfWork
from webapp.core.views.profiles import Rule

MOST_SERVERS = 10_000
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Said:
    """What a batch says beside its values: who brings it, of which servers, their profiles, their labels and when."""

    by: str
    names: tuple[str, ...]
    told: Mapping[str, str]
    labels: Mapping[str, tuple[int, Mapping[str, str]]]


def servers_of(
    uow: UnitOfWork, stream: Stream, rows: Sequence[Row], by: str
) -> tuple[Mapping[str, Known], tuple[str, ...]]:
    """Every server of a stream by every name, after adding those that the batch brings; and the names of these.

    Raises Invalid for a profile that contradicts what the same sender said before, Conflict for too many servers.
    """
    assert stream.id is not None
    known = assets.known(uow.session, stream.id)
    names = tuple(dict.fromkeys(row.asset for row in rows))
    said = Said(by[:64], names, _told(rows, known), _newest_labels(rows))
    added = tuple(name for name in names if name not in known)
    rules = profiles.rules_of(uow.session, stream.id) if added or said.told or said.labels else ()
    _follow(uow, stream, known, said, rules)
    if not added:
        return known, ()
    _check_room(stream, known, added)
    return {**known, **_add(uow, stream, [_new(stream.id, name, said, rules) for name in added], by)}, added


def _told(rows: Sequence[Row], known: Mapping[str, Known]) -> dict[str, str]:
    """The profile that each name comes with; "unknown" says nothing.

    A sender may say what nobody has said yet, and no other afterwards. Under a former name, or one that was merged,
    an agent is not to blame for what another said: it is not heard then.
    """
    told: dict[str, str] = {}
    errors: list[FieldError] = []
    for index, row in enumerate(rows):
        if row.profile is None or row.profile is Profile.UNKNOWN:
            continue
        one = known.get(row.asset)
        before = told.setdefault(row.asset, row.profile.value if one is None or one.told is None else one.told)
        if before != row.profile.value and (one is None or (one.name == row.asset and one.into_id is None)):
            errors.append(FieldError("profile", f"{row.asset} is known as {before}", index))
    policy.refuse(errors)
    return told


def _newest_labels(rows: Sequence[Row]) -> dict[str, tuple[int, Mapping[str, str]]]:
    found: dict[str, tuple[int, Mapping[str, str]]] = {}
    for row in rows:
        if row.labels is not None and row.tick >= found.get(row.asset, (row.tick, {}))[0]:
            found[row.asset] = (row.tick, row.labels)
    return found


def _check_room(stream: Stream, known: Mapping[str, Known], added: Sequence[str]) -> None:
    if len({one.id for one in known.values()}) + len(added) > MOST_SERVERS:
        raise Conflict(f"The stream {stream.slug} would have more than {MOST_SERVERS} servers.")


def _new(stream_id: int, name: str, said: Said, rules: Sequence[Rule]) -> Asset:
    tick, labels = said.labels.get(name, (None, {}))
    made = Asset(
        stream_id=stream_id, name=name, profile=Profile.UNKNOWN.value, told_profile=said.told.get(name),
        labels=dict(labels), labels_tick=tick, sender=said.by, added_at=clock.now(),
    )  # fmt: skip
    profiles.follow(made, rules)
    return made


def _add(uow: UnitOfWork, stream: Stream, made: Sequence[Asset], by: str) -> dict[str, Known]:
    uow.session.add_all(made)
    uow.session.flush()
    detail = {"count": len(made), "first": [asset.name for asset in made[:_SHOWN]]}
    audit.record(uow, by, "add", "asset", stream.slug, detail=detail)
    uow.emit(Event(EventKind.STREAM_CHANGED, stream.id, stream.slug))
    return {asset.name: _known(asset) for asset in made}


def _known(asset: Asset) -> Known:
    assert asset.id is not None, "the rows were flushed"
    return Known(asset.id, asset.name, asset.profile, asset.told_profile, asset.sender, retired=False, into_id=None)


def _follow(uow: UnitOfWork, stream: Stream, known: Mapping[str, Known], said: Said, rules: Sequence[Rule]) -> None:
    """Keep what the batch says of servers that were there; most batches say nothing new and load none of them."""
    names: dict[int, list[str]] = {}
    for name in sorted(said.names):
        one = known.get(name)
        if one is not None and (one.sender != said.by or name in said.labels or _is_news(one, said.told.get(name))):
            names.setdefault(one.id, []).append(name)
    assert stream.id is not None
    after: set[str] = set()
    for asset in assets.by_ids(uow.session, list(names)):
        assert asset.id is not None
        asset.sender = said.by
        spoke = [_keep(asset, said.told.get(name), said.labels.get(name)) for name in names[asset.id]]
        uow.session.add(asset)
        if any(spoke) and profiles.follow(asset, rules):
            detail = {"stream": stream.slug, "profile": asset.profile}
            audit.record(uow, said.by, "set_profile", "asset", asset.name, detail=detail)
            uow.emit(Event(EventKind.STREAM_CHANGED, stream.id, stream.slug))
            after.add(asset.profile)
    thresholds.follow_profiles(uow, stream.id, after)


def _is_news(one: Known, told: str | None) -> bool:
    return told is not None and one.told is None


def _keep(asset: Asset, told: str | None, labels: tuple[int, Mapping[str, str]] | None) -> bool:
    """Whether the profile may follow from it."""
    before = asset.told_profile, asset.labels
    asset.told_profile = asset.told_profile or told
    if labels is not None and labels[0] >= (asset.labels_tick or 0):
        asset.labels_tick = labels[0]
        asset.labels = dict(labels[1])
    return before != (asset.told_profile, asset.labels)
