"""Profiles of servers: set by hand, or by a stream's rules. Every change is audited.

What is in force is a column that forecasts read at each cycle, so a change holds from the next one on, and the newest
risks are judged again by the profile's thresholds at once. It is written in the transaction of whatever it follows
from, under the lock of the stream's telemetry.
"""

from collections.abc import Sequence

from ml.schema import Profile
from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict
from webapp.core.events import Event, EventKind
from webapp.core.models.assets import Asset
from webapp.core.models.profiles import ProfileRule
from webapp.core.models.streams import Stream
from webapp.core.policies import inventory as policy
from webapp.core.policies import profiles as rules_policy
from webapp.core.policies.profiles import Facts, choose
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import locks
from webapp.core.repositories import profiles as rows
from webapp.core.services import audit, streams, thresholds
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.inventory import Change, RulesPreview
from webapp.core.views.profiles import Chosen, Ground, Rule
from webapp.core.views.streams import Source

_SHOWN = 20


def rules_of(session: Session, stream_id: int) -> tuple[Rule, ...]:
    """A stream's rules, in order."""
    return tuple(Rule(row.label, row.pattern, Profile(row.profile)) for row in rows.of_stream(session, stream_id))


def chosen(asset: Asset, rules: Sequence[Rule]) -> Chosen:
    """The profile that a server should have, and why."""
    return choose(Facts(asset.name, asset.labels, asset.told_profile, asset.set_profile), rules)


def follow(asset: Asset, rules: Sequence[Rule]) -> tuple[str, str] | None:
    """Bring the profile in force in step with what it follows from; before and after when it changed."""
    before, after = asset.profile, chosen(asset, rules).profile.value
    asset.profile = after
    return None if before == after else (before, after)


def set_by_hand(slug: str, name: str, profile: str, by: str, reason: str = "") -> str:
    """Set a server's profile, or with "" leave it to the rules again; the profile in force. Nothing for the same again.

    Raises NotFound, Conflict or Invalid, naming the field.
    """
    if profile and profile not in list(Profile):
        raise policy.wrong("profile", f"There is no profile {profile[:40]}. There are {', '.join(Profile)}.")
    said = policy.reason_of(reason, needed=False)
    with unit_of_work() as uow:
        stream, asset = _held(uow, slug, name)
        if (asset.set_profile or "") == profile:
            return asset.profile
        asset.set_profile = profile or None
        asset.set_by, asset.set_at = (by[:64], now()) if profile else (None, None)
        changed = follow(asset, rules_of(uow.session, _id(stream)))
        uow.session.add(asset)
        detail = {"stream": slug, "profile": asset.profile, "by_hand": bool(profile)}
        detail |= {"before": changed[0]} if changed else {}
        thresholds.follow_profiles(uow, _id(stream), changed[1:] if changed else ())
        audit.record(uow, by, "set_profile", "asset", asset.name, said, detail)
        uow.emit(Event(EventKind.STREAM_CHANGED, stream.id, slug))
        return asset.profile


def _held(uow: UnitOfWork, slug: str, name: str) -> tuple[Stream, Asset]:
    """A server whose profile may be set, with its stream's telemetry held up until the change is done."""
    locks.take(uow.session, f"stream {slug}")
    stream, asset = streams.server(uow.session, slug, name)
    policy.check_set(Source(stream.source), slug)
    return stream, asset


def written(slug: str) -> str:
    """A stream's rules as they are edited. Raises NotFound."""
    with reading() as session:
        return rules_policy.written(rules_of(session, _id(streams.find(session, slug))))


def preview(slug: str, text: str) -> RulesPreview:
    """What other rules would change; nothing is stored. Raises NotFound or Invalid that names the line."""
    wanted = rules_policy.parse(text)
    with reading() as session:
        every = asset_rows.kept(session, _id(streams.find(session, slug)))
    found = [(asset, chosen(asset, wanted)) for asset in every]
    decides = [one.rule for _, one in found if one.ground is Ground.RULE]
    changes = [
        Change(asset.name, asset.profile, one.profile.value, rules_policy.why(one, wanted))
        for asset, one in found
        if asset.profile != one.profile.value
    ]
    counted = tuple(decides.count(number) for number in range(1, len(wanted) + 1))
    return RulesPreview(wanted, counted, tuple(changes), len(every))


def set_rules(slug: str, text: str, before: str, by: str, reason: str = "") -> int:
    """Put these rules into force, in the place of `before`, the ones that were looked at; how many servers change.

    Raises Conflict when the rules are others by now, Invalid that names the line.
    """
    wanted, said = rules_policy.parse(text), policy.reason_of(reason, needed=False)
    with unit_of_work() as uow:
        locks.take(uow.session, f"stream {slug}")
        stream = streams.find(uow.session, slug)
        policy.check_set(Source(stream.source), slug)
        held = rules_of(uow.session, _id(stream))
        if rules_policy.written(held) != before:
            raise Conflict("Somebody else changed the rules meanwhile. Look at them again before you change them.")
        if held == wanted:
            return 0
        rows.replace(uow.session, _id(stream), [_row(_id(stream), at, one) for at, one in enumerate(wanted)])
        changes = _follow_all(uow, _id(stream), wanted)
        detail = {"rules": [one.line for one in wanted], "changed": len(changes), "first": changes[:_SHOWN]}
        audit.record(uow, by, "set_rules", "stream", slug, said, detail)
        uow.emit(Event(EventKind.STREAM_CHANGED, stream.id, slug))
        return len(changes)


def _row(stream_id: int, position: int, one: Rule) -> ProfileRule:
    return ProfileRule(
        stream_id=stream_id, position=position, label=one.label, pattern=one.pattern, profile=one.profile.value
    )


def _follow_all(uow: UnitOfWork, stream_id: int, rules: Sequence[Rule]) -> list[str]:
    """Every server, merged ones too, since those may stand for themselves again."""
    changes, after = [], set()
    for asset in asset_rows.every(uow.session, stream_id):
        if changed := follow(asset, rules):
            uow.session.add(asset)
            changes.append(f"{asset.name}: {changed[0]} to {changed[1]}")
            after.add(changed[1])
    thresholds.follow_profiles(uow, stream_id, after)
    return changes


def _id(row: Stream) -> int:
    assert row.id is not None, "a stored stream has an id"
    return row.id
