"""What has to hold: few checks that decide readiness, more that a person runs before a demo.

Readiness asks for what a browser needs: database, broker, inference and a model. Each check that
fails names its fix; a check never raises.
"""

import json
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import redis

from webapp.core import dispatch
from webapp.core.clock import now
from webapp.core.db import ROOT, reading, used_mb
from webapp.core.errors import ForewarnError, Unavailable
from webapp.core.jobs import QUEUES
from webapp.core.models.model_versions import ModelVersion
from webapp.core.policies.roles import Role
from webapp.core.policies.scenarios import NO_REASON
from webapp.core.repositories import model_versions, schema, sweeps
from webapp.core.repositories import streams as stream_rows
from webapp.core.repositories import thresholds as threshold_rows
from webapp.core.services import (
    audit,
    champions,
    incidents,
    inventory,
    keys,
    maintenance,
    notifications,
    oidc,
    people,
    places,
    preferences,
    processes,
    prometheus,
    storage,
    streams,
)
from webapp.core.services.retention import FINE_NOTES
from webapp.core.settings import settings
from webapp.core.views.health import Check
from webapp.core.views.prometheus import SourceView
from webapp.core.views.streams import Source, StreamView

RESTART = "Restart `forewarn up`; its logs folder says why if it happens again."
MOST_SKEW_S = 2.0
MOST_BEHIND = 2
"""Ticks by which a Prometheus source may be behind without a word."""
MOST_OWED = timedelta(seconds=30)
MOST_UNJUDGED = 12
"""Ticks by which the search for incidents may be behind: at full speed a clock makes some in the time of one look."""
KEY_ENDS, KEY_IDLE = timedelta(days=7), timedelta(days=30)
"""When a key's end is near, and when nobody seems to need it."""


def readiness() -> tuple[Check, ...]:
    """What the console needs to serve a page with a forecast."""
    return tuple(_run(_READY).values())


def doctor() -> tuple[Check, ...]:
    """All checks that need the database or the broker, readiness first."""
    found = _run(_CHECKS)
    return (*found.values(), *(_stream_checks() if found["database"].ok else ()))


def _run(names: Iterable[str]) -> dict[str, Check]:
    """Checks in order; one whose ground is missing is not tried."""
    found: dict[str, Check] = {}
    for name in names:
        ground, check = _CHECKS[name]
        if ground and not found[ground].ok:
            found[name] = Check(name, False, f"unknown: it needs the {ground}")
        else:
            found[name] = _safely(name, check)
    return found


def _safely(name: str, check: Callable[[], Check]) -> Check:
    """A failing database or broker fails its checks, and only those."""
    try:
        with schema.answering():
            return check()
    except redis.RedisError as error:
        return Check(name, False, f"the broker does not answer: {error}", "Start `forewarn up`, or check REDIS_URL.")
    except ForewarnError as error:
        return Check(name, False, error.message, RESTART)
    except OSError as error:
        return Check(name, False, f"{error.filename}: {error.strerror}", "Check that the file exists and may be read.")


def _database() -> Check:
    with reading() as session:
        found = schema.revision(session)
    wanted = newest_revision()
    if found == wanted:
        return Check("database", True, f"answers, schema {found}")
    return Check(
        "database", False, f"schema {found or 'missing'}, this version needs {wanted}", "Run `forewarn migrate`."
    )


@lru_cache(maxsize=1)
def newest_revision() -> str:
    """The revision that this code was written for, read from the files: Alembic is slow to load."""
    texts = [path.read_text() for path in (ROOT / "alembic" / "versions").glob("*.py")]
    known, older = (_named(f"{name}revision", texts) for name in ("", "down_"))
    return (known - older).pop()


def _named(variable: str, texts: Iterable[str]) -> set[str]:
    pattern = re.compile(rf"^{variable}\b[^=]*=\s*[\"'](\w+)[\"']", re.MULTILINE)
    return {found for text in texts for found in pattern.findall(text)}


def _client() -> Any:
    """The broker; its types also allow for asyncio, which this is not."""
    return dispatch.broker_client()


def _broker() -> Check:
    client = _client()
    client.ping()
    if client.info("persistence").get("aof_last_write_status", "ok") != "ok":
        return Check("broker", False, "it cannot write its log", "Free disk space; queued jobs would be lost.")
    return Check("broker", True, "answers, its log is written")


def _heard(name: str) -> Check:
    at = processes.heartbeats([name])[name]
    if at is None:
        return Check(name, False, f"no heartbeat of {name} for {processes.HEARTBEAT_MS // 1000} s", RESTART)
    return Check(name, True, f"heartbeat {max(0.0, (now() - at).total_seconds()):.0f} s ago")


def _model() -> Check:
    """Every serving model's manifest is there and is the registered one; the worker checks each byte."""
    served = _served()
    if not served:
        path = settings().champion or champions.SHIPPED
        return Check("model", _manifest_hash(path) != "", f"no stream yet; {path.name} is ready to serve")
    for version in served:
        if _manifest_hash(places.found(version.path)) != version.sha256:
            detail = f"{version.model} {version.version} is not the artefact that was registered"
            return Check("model", False, detail, f"Restore {places.found(version.path)}, or `forewarn rollback`.")
    return Check("model", True, ", ".join(sorted({f"{one.model} {one.version}" for one in served})))


def _served() -> list[ModelVersion]:
    with reading() as session:
        found = [model_versions.champion(session, one.id) for one in stream_rows.all_streams(session) if one.id]
    return [one for one in found if one is not None]


def _manifest_hash(folder: Path) -> str:
    return str(json.loads((folder / "manifest.json").read_text())["sha256"])


def _champion_loads() -> Check:
    """Every byte of the serving artefacts, as the worker checks them."""
    for version in _served():
        try:
            champions.forecaster(version.path, version.sha256)
        except Unavailable as error:  # a restart mends no file
            fix = f"Restore {places.found(version.path)}, or let another version serve: `forewarn rollback`."
            return Check("artefacts", False, error.message, fix)
    return Check("artefacts", True, "each serving artefact loads and has the registered hash")


def _audit() -> Check:
    """The whole chain: some 30,000 entries a second."""
    verdict = audit.verify()
    if verdict.broken is not None:
        fix = "Find out who can write to the database; compare with a copy from `forewarn audit export`."
        return Check("audit", False, verdict.broken.sentence, fix)
    return Check("audit", True, f"the chain is intact up to entry {verdict.intact:,}")


def _inventory() -> Check:
    found = inventory.totals()
    parts = [
        f"{found.servers:,} in {found.streams} stream{'' if found.streams == 1 else 's'}",
        f"{found.unknown:,} of unknown profile",
    ]
    if found.retired:
        parts.append(f"{found.retired:,} retired")
    if found.reporting:
        named = ", ".join(found.reporting[:3]) + (" and more" if len(found.reporting) > 3 else "")
        parts.append(f"of which {len(found.reporting):,} still report: {named}")
    return Check("servers", True, ", ".join(parts))


def _keys() -> Check:
    """Keys that are about to end, and keys that nobody seems to need."""
    at = now()
    valid = [one for one in keys.listed() if one.valid(at)]
    ending = [one.name for one in valid if one.expires_at is not None and one.expires_at - at < KEY_ENDS]
    idle = [one.name for one in valid if at - (one.last_used_at or one.created_at) > KEY_IDLE]
    found = [f"{len(valid)} valid"]
    found += [f"{len(ending)} expire within {KEY_ENDS.days} days: {', '.join(ending[:5])}"] if ending else []
    found += [f"{len(idle)} unused for {KEY_IDLE.days} days: {', '.join(idle[:5])}"] if idle else []
    return Check("api keys", not ending, "; ".join(found), "Make new keys on Settings, API keys, before these end.")


def _people() -> Check:
    """Whether anybody could let others in, and who is kept out by wrong tries."""
    every = people.people()
    able = [one for one in every if one.role is Role.ADMIN and one.disabled_at is None]
    out = ", ".join(one.name for one in every if one.paused_until_at is not None)
    locked = f"; locked out: {out} (`forewarn user unlock`)" if out else ""
    count = "1 administrator" if len(able) == 1 else f"{len(able)} administrators"
    fix = "Run `forewarn user link`, after `forewarn user enable admin` if need be."
    return Check("people", bool(able), f"{count} can sign in{locked}", fix)


def _oidc() -> Check:
    """Whether the identity provider answers as the settings say."""
    if not oidc.label():
        return Check("oidc", True, "no identity provider is set")
    if (problem := oidc.trouble()) is not None:
        return Check(
            "oidc", False, problem, "See docs/operating.md, single sign-on. Passwords and links go on working."
        )
    return Check("oidc", True, f"{settings().oidc_issuer} answers with its keys")


def _disk() -> Check:
    used, cap = used_mb(), preferences.limits().cap_mb
    found = storage.disk(used, cap)
    detail = f"{used:.0f} of at most {cap} MB used, {found.free_mb:.0f} MB free on the disk"
    return Check("disk", not found.short, detail, "Free space, or lower the cap on the page Settings, Retention.")


def _retention() -> Check:
    """Whether the hourly sweep runs, and gets below the cap."""
    with reading() as session:
        last = next(iter(sweeps.latest(session, 1)), None)
    if last is None:
        return Check("retention", True, "no sweep yet; one comes at seven minutes past each hour")
    ended = "is under way" if last.finished_at is None else f"ended at {last.finished_at:%d %b %H:%M} UTC"
    detail = f"the last sweep {ended}, {sum(last.deleted.values()):,} rows deleted"
    fix = "Raise the cap on the page Settings, Retention; the jobs page says what failed."
    return Check("retention", last.note in FINE_NOTES, f"{detail}. {last.note or ''}".removesuffix(" "), fix)


def _notifications() -> Check:
    """Whether each target took what it was sent last."""
    listed = notifications.listed()
    failing = [one for one in listed if one.enabled and one.last is not None and one.last.error]
    if failing:
        said = "; ".join(f"{one.name}: {one.last.error}" for one in failing[:3] if one.last)
        return Check("notifications", False, said, "See `forewarn notify list`, then `forewarn notify test NAME`.")
    active = sum(one.enabled for one in listed)
    detail = f"{active} of {len(listed)} targets active, none failing" if listed else "no target: nobody is told"
    return Check("notifications", True, detail)


def _maintenance() -> Check:
    """What is planned, in zones that this machine knows: in one that it does not, a window would be at UTC's time."""
    planned, running, unknown = maintenance.standing()
    if unknown:
        fix = "Update the package tzdata, or plan that window anew in another zone."
        return Check("maintenance", False, f"planned in zones unknown here: {', '.join(unknown)}", fix)
    windows = f"{planned} window{'' if planned == 1 else 's'} planned"
    return Check(
        "maintenance", True, f"{windows}, {running} in force now; times are in {settings().zone} or a stream's own zone"
    )


def _lever() -> Check:
    """Where injection is stopped, by whom and why: nothing is wrong, but a demo would wonder."""
    pulled = [one for one in streams.streams() if not one.injection_allowed]
    said = [f"{one.slug}: {one.injection_stopped_by}, {one.injection_reason or NO_REASON}" for one in pulled]
    live = f"pulled on {'; '.join(said)}" if said else "not pulled: scenarios may run"
    return Check("safety lever", True, live)


def _clock() -> Check:
    """The broker's clock against ours: a wrong one shifts every live observation."""
    seconds, micro = _client().time()
    skew = abs(now().timestamp() - (seconds + micro / 1e6))
    fix = "Synchronise the clocks of this machine and the broker's (NTP)."
    return Check("clock", skew <= MOST_SKEW_S, f"{skew:.2f} s from the broker's clock", fix)


def _incidents() -> Check:
    """Every stream is judged up to its newest ticks."""
    every = incidents.judging()
    behind = [one for one in every if one.behind_ticks > MOST_UNJUDGED]
    detail = f"{sum(one.open for one in every):,} open, the search is at most {MOST_UNJUDGED} ticks behind"
    if behind:
        detail = ", ".join(f"{one.stream} is {one.behind_ticks:,} ticks behind" for one in behind)
    return Check("incidents", not behind, detail, "Wait while history is judged; else see the logs of default.")


def _dead_letters() -> Check:
    client, space = _client(), dispatch.NAMESPACE
    dead = {queue: int(client.zcard(f"{space}:{queue}.XQ")) for queue in QUEUES}
    named = ", ".join(f"{count} in {queue}" for queue, count in dead.items() if count)
    return Check("failed jobs", not named, named or "none", "Look at the jobs page: each has its reason.")


def _thresholds() -> Check:
    """How many are a stream's own; and whether the newest risks were judged by what holds now."""
    with reading() as session:
        slugs = {row.id: row.slug for row in stream_rows.all_streams(session)}
        own = threshold_rows.counts(session)
        late = [slugs.get(one, "") for one in threshold_rows.owing(session, now() - MOST_OWED)]
    if late:
        detail = f"the risks of {', '.join(late)} are still judged by earlier thresholds"
        return Check("thresholds", False, detail, "See the inference log: it judges them.")
    said = [
        f"{slugs.get(one, '')}: {count} differ from the default, {silent} of them not watched"
        for one, (count, silent) in own.items()
    ]
    return Check("thresholds", True, "; ".join(said) or "the defaults on every stream")


def _stream_checks() -> tuple[Check, ...]:
    try:
        with schema.answering():
            return (
                *(_stream(one) for one in streams.streams()),
                *(_prometheus(one) for one in prometheus.listed()),
            )
    except Unavailable:
        return ()  # the database's own check says it


def _prometheus(view: SourceView) -> Check:
    name = f"prometheus {view.name}"
    if not view.enabled:
        return Check(name, True, "paused; `forewarn prometheus resume` reads it on")
    if view.last_error is not None:
        return Check(name, False, view.last_error, f"Then see: forewarn prometheus test {view.url}")
    if view.behind_ticks > MOST_BEHIND and view.last_success_at is None:
        return Check(name, False, "waits to be read for the first time", "Start `forewarn up`: it reads it.")
    filling = f", {view.filled:.0%} of its history is read" if view.behind_ticks > MOST_BEHIND else ""
    return Check(name, True, f"{view.servers} servers from {view.url}{filling}")


_LATE = {
    Source.PUSH: "Has its sender stopped? Nothing new has come.",
    Source.PROMETHEUS: "See `forewarn prometheus list`: it says what its source last answered.",
}


def _stream(view: StreamView) -> Check:
    name = f"stream {view.slug}"
    warming = view.history < view.needed
    by = f"persistence, {view.history} of {view.needed} ticks of history" if warming else f"{view.model} {view.version}"
    detail = f"{view.forecast} of {view.servers} servers forecast by {by}".rstrip()
    if view.stale_since is not None:
        fix = _LATE.get(view.source, "See the inference and playback logs.")
        return Check(name, False, f"{detail}; the last forecast is late", fix)
    if view.forecast < view.servers:
        fix = "Wait for the warm-up." if warming else "The others' rows on the fleet page say why they have none."
        return Check(name, False, detail, fix)
    return Check(name, True, detail)


_CHECKS: dict[str, tuple[str, Callable[[], Check]]] = {
    "database": ("", _database),
    "broker": ("", _broker),
    "inference": ("broker", lambda: _heard("inference")),
    "model": ("database", _model),
    "playback": ("broker", lambda: _heard("playback")),
    "default": ("broker", lambda: _heard("default")),
    "training": ("broker", lambda: _heard("training")),
    "shadow": ("broker", lambda: _heard("shadow")),
    "scheduler": ("broker", lambda: _heard("scheduler")),
    "web": ("broker", lambda: _heard("web")),
    "artefacts": ("database", _champion_loads),
    "audit": ("database", _audit),
    "people": ("database", _people),
    "oidc": ("", _oidc),
    "api keys": ("database", _keys),
    "incidents": ("database", _incidents),
    "servers": ("database", _inventory),
    "maintenance": ("database", _maintenance),
    "disk": ("database", _disk),
    "retention": ("database", _retention),
    "notifications": ("database", _notifications),
    "thresholds": ("database", _thresholds),
    "safety lever": ("database", _lever),
    "clock": ("broker", _clock),
    "failed jobs": ("broker", _dead_letters),
}
_READY = tuple(_CHECKS)[:4]
"""In this order: a check comes after its ground."""
