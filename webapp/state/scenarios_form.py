"""The form of a scenario: what it begins with, and what people type as a request or as sentences about it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ml.schema import TICK_SECONDS
from ml.streams.fleet import LIBRARY, InjectionKind, KindInfo
from webapp.core.errors import FieldError, Invalid
from webapp.core.policies.scenarios import LONGEST_TICKS, ScenarioRequest
from webapp.core.policies.thresholds import default, limit_of
from webapp.core.views.fleet import FleetSnapshot
from webapp.core.views.scenarios import ScenarioView
from webapp.state.scenarios_view import Choice, Form, ScenariosKey
from webapp.state.scenarios_words import UNWATCHED, hypothesis
from webapp.state.server_build import lever

FIELDS: Final = ("intensity", "ramp", "hold", "recover")
"""Fields that change the picture of the effect."""
_TICK_MIN: Final = TICK_SECONDS // 60
_LONGEST_MIN: Final = LONGEST_TICKS * _TICK_MIN
_NAMES: Final = {"ramp": "The ramp", "hold": "The hold", "recover": "The recovery"}


def form_of(key: ScenariosKey, fleet: FleetSnapshot, ran: Sequence[ScenarioView]) -> Form:
    """Defaults of the library, or of the run that is to be repeated."""
    profiles = {risk.name: risk.profile for risk in fleet.risks}
    old = next((one for one in ran if one.id == key.again), None)
    info = LIBRARY[InjectionKind(key.kind or (old.kind if old else next(iter(LIBRARY))))]
    chosen = members(key, profiles)
    blank = Form(
        key=f"{info.kind}-{key.again}", kind=info.kind.value, chips=_chips(key, chosen), count=len(chosen),
        start=_start(len(chosen)), lever=lever(fleet.stream), metric=info.main_metric,
        **_level(info, fleet, [profiles[name] for name in chosen]), hypothesis=hypothesis(info),
        ramp=_minutes(info.ramp), hold=_minutes(info.hold), recover=_minutes(info.recover),
    )  # fmt: skip
    return blank if old is None else _repeated(blank, old)


def _repeated(blank: Form, old: ScenarioView) -> Form:
    """The settings of an earlier run: with its seed the same noise, from the next tick on."""
    return replace(
        blank, intensity=round(100 * old.intensity), ramp=_minutes(old.ramp_ticks), hold=_minutes(old.hold_ticks),
        recover=_minutes(old.recover_ticks), seed=str(old.seed), guard=old.guard_metric or "",
        limit="" if old.guard_threshold is None else f"{old.guard_threshold:g}", hypothesis=old.hypothesis,
    )  # fmt: skip


def members(key: ScenariosKey, profiles: Mapping[str, str]) -> list[str]:
    """The servers that the form's address names, by name or by profile."""
    if key.profile:
        return [name for name, profile in profiles.items() if key.profile in ("all", profile)]
    return [name for name in key.servers if name in profiles]


def _start(count: int) -> str:
    return f"Start on {count:,} server{'' if count == 1 else 's'}" if count else "Start"


def _level(info: KindInfo, fleet: FleetSnapshot, profiles: Sequence[str]) -> dict[str, str]:
    """The threshold of the kind's metric and its default, if they are one for all the chosen servers."""
    found = {(limit_of(fleet.limits, one, info.main_metric), default(one, info.main_metric)) for one in profiles}
    if len(found) != 1:
        return {}
    ((limit, standard),) = found
    return {"metric_limit": UNWATCHED if limit is None else f"{limit:g}", "metric_default": f"{standard:g}"}


def _chips(key: ScenariosKey, chosen: Sequence[str]) -> list[Choice]:
    if key.profile:
        what = "all servers" if key.profile == "all" else f"all {key.profile} servers"
        return [Choice(key.profile, f"{what} ({len(chosen)})", key.href(profile=""))]
    return [Choice(name, name, key.href(servers=tuple(one for one in key.servers if one != name))) for name in chosen]


def _minutes(ticks: int) -> str:
    return str(ticks * _TICK_MIN)


def draft_of(form: Form) -> dict[str, str]:
    """What the form begins with, field by field."""
    return {"intensity": str(form.intensity), "ramp": form.ramp, "hold": form.hold, "recover": form.recover}


def request_of(form: Mapping[str, Any], key: ScenariosKey, kind: str) -> ScenarioRequest:
    """The request that a submitted form means. Raises Invalid with a sentence a field."""
    wrong: list[FieldError] = []
    phases = [_ticks(name, str(form.get(name, "")), wrong) for name in _NAMES]
    seed = _whole(str(form.get("seed", "")), wrong)
    guard, limit = str(form.get("guard", "")), _limit(form, wrong)
    if not key.servers and not key.profile:
        wrong.append(FieldError("assets", "Pick at least one server, or a whole profile."))
    if wrong:
        raise Invalid(wrong[0].message, tuple(wrong))
    return ScenarioRequest(
        kind=str(form.get("kind") or kind), assets=key.servers, profile=key.profile or None,
        intensity=number(str(form.get("intensity", 80))) / 100, ramp_ticks=phases[0], hold_ticks=phases[1],
        recover_ticks=phases[2], seed=seed, guard_metric=guard or None, guard_threshold=limit,
        hypothesis=str(form.get("hypothesis", "")),
    )  # fmt: skip


def number(text: str) -> int:
    """What a field holds so far, 0 while it is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _ticks(name: str, text: str, wrong: list[FieldError]) -> int:
    text = text.strip()
    if not text.isdecimal() or len(text) > 5 or int(text) > _LONGEST_MIN:
        wrong.append(FieldError(f"{name}_ticks", f"{_NAMES[name]} must be 0 to 10,080 minutes, which is 7 days."))
        return 0
    if int(text) % _TICK_MIN:
        low = int(text) // _TICK_MIN * _TICK_MIN
        wrong.append(
            FieldError(f"{name}_ticks", f"{_NAMES[name]} goes in steps of 5 minutes: {low} or {low + _TICK_MIN}.")
        )
    return round(int(text) / _TICK_MIN)


def _whole(text: str, wrong: list[FieldError]) -> int | None:
    text = text.strip().replace(",", "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 10:
        wrong.append(FieldError("seed", "The seed must be a whole number; leave it empty for a new one."))
        return None
    return int(text)


def _limit(form: Mapping[str, Any], wrong: list[FieldError]) -> float | None:
    if not form.get("guard"):
        return None
    try:
        return float(str(form.get("limit", "")).strip().replace(",", "."))
    except ValueError:
        wrong.append(FieldError("guard_threshold", "Say over which value the guard stops the run."))
        return None
