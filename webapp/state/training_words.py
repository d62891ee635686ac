"""How a training is said: its state, its recipe, what it used and what it became. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from webapp.core.policies import wording
from webapp.core.policies.training_runs import Mode, Status
from webapp.core.policies.wording import SPACE, Zone
from webapp.core.views.training_runs import TrainingView

NETWORKS: Final = {"known": "known profiles", "stranger": "strangers"}
SIGNS: Final = {
    Status.QUEUED: ("waiting", "hourglass", "fw-second"), Status.RUNNING: ("training", "activity", "fw-accent"),
    Status.CANDIDATE: ("candidate", "circle-check", "fw-pass"), Status.FAILED: ("failed", "circle-x", "fw-critical"),
    Status.CANCELLED: ("cancelled", "ban", "fw-second"),
}  # fmt: skip
CANCELLING: Final = ("being cancelled", "ban", "fw-warning")
_AFTER: Final = ("calibrating", "teaching", "judging", "scoring")
_OF: Final = re.compile(r"epoch (\d{1,6}) of (\d{1,6})")


def status(one: TrainingView) -> tuple[str, str, str]:
    """Word, icon and tone."""
    state = Status(one.status)
    return CANCELLING if one.cancelling and not state.over else SIGNS[state]


def recipe(values: Mapping[str, object]) -> str:
    """ "Fine-tune on 30 days, 10 min, seed 1"."""
    servers = int(str(values.get("simulated_servers", 0)))
    parts = [
        f"{'from scratch' if values.get('mode') == Mode.SCRATCH else 'fine-tune'} on {count(values['days'], 'day')}",
        f"{float(str(values['minutes'])):g}{SPACE}min",
    ]
    if servers:
        parts.insert(1, f"{servers:,} simulated servers beside them")
    said = ", ".join([*parts, f"seed {values['seed']}"])
    return said[0].upper() + said[1:]


def count(number: object, noun: str) -> str:
    """ "1 epoch", "2 epochs"."""
    whole = int(str(number))
    return f"{whole:,}{SPACE}{noun}{'' if whole == 1 else 's'}"


def fitted(one: TrainingView) -> bool:
    """Whether the networks are trained, and the rest is on its way: calibration and judgement."""
    return one.done > 0 and one.phase.lower().startswith(_AFTER)


def done(one: TrainingView) -> float:
    """The share of the training that is behind it."""
    return 1.0 if fitted(one) else min(1.0, one.done)


def epochs(one: TrainingView) -> int:
    """Epochs that each network is to have, as far as the run has told."""
    networks = one.manifest.get("networks")
    told = [int(each["epochs"]) for each in networks.values() if each] if isinstance(networks, dict) else []
    if found := _OF.search(one.phase):
        told.append(int(found[2]))
    return max(told, default=0)


def took(one: TrainingView, at: datetime) -> str:
    """How long it trained; so far, while it does."""
    if one.started_at is None:
        return ""
    seconds = ((one.ended_at or at) - one.started_at).total_seconds()
    return f"{max(0, round(seconds))}{SPACE}s" if seconds < 90 else wording.duration(seconds / 60)


def data(one: TrainingView, zone: Zone) -> str:
    """The range of the telemetry that it trained on, in stream time; what was asked for while it is not frozen yet."""
    found = one.manifest.get("data")
    if not isinstance(found, dict) or not found.get("from"):
        return f"up to {count(one.recipe['days'], 'day')}"
    first, last = (datetime.fromisoformat(str(found[name])) for name in ("from", "to"))
    return f"{_day(first, zone)} to {_day(last, zone)}"


def _day(at: datetime, zone: Zone) -> str:
    """With its day always: a stream's own time may be far from the wall's."""
    local = at.astimezone(wording.zone_named(zone) if isinstance(zone, str) else zone)
    return f"{local.day} {local:%b %H:%M}"


def facts(one: TrainingView, zone: Zone, at: datetime) -> list[list[str]]:
    """What the run was asked for, used and came to: name, value."""
    asked = wording.clock_time(one.queued_at, zone, at)
    told = one.manifest
    pairs = [
        ("Asked for", f"{asked} by {one.by}"),
        ("Why", one.reason or "no reason was given"),
        ("Recipe", recipe(one.recipe)),
        ("Starts from", one.start),
        ("Became", one.candidate or ""),
        ("Data", _data(one, zone)),
        ("Held out", _held_out(told, zone)),
        ("Data's SHA-256", _part(told.get("data"), "sha256")),
        ("Took", _took(one, at)),
        ("Trained", _trained(told)),
        ("Hardware", hardware(told.get("machine"))),
        ("Sources", str(told.get("commit") or "")),
        ("Candidate's SHA-256", str(told.get("sha256") or "")),
    ]
    return [[name, value] for name, value in pairs if value]


def _data(one: TrainingView, zone: Zone) -> str:
    rows = _part(one.manifest.get("data"), "rows")
    said = data(one, zone)
    return f"{said} of the stream's time{f', {int(rows):,} rows' if rows else ''}"


def _held_out(told: Mapping[str, object], zone: Zone) -> str:
    """The part of the telemetry that judged instead of training."""
    at = told.get("held_out_from")
    return (
        f"from {_day(datetime.fromisoformat(at), zone)} on: judged on, never trained on" if isinstance(at, str) else ""
    )


def _part(found: object, name: str) -> str:
    return str(found[name]) if isinstance(found, dict) and found.get(name) else ""


def _took(one: TrainingView, at: datetime) -> str:
    tries = "" if one.attempts < 2 else f", {one.attempts} tries"
    return f"{took(one, at)}{tries}" if one.ended_at and one.started_at else ""


def _trained(told: Mapping[str, object]) -> str:
    networks = told.get("networks")
    parts = [
        f"{name}: {count(one['epochs'], 'epoch')} on {count(one.get('examples', 0), 'example')}"
        for kind, name in NETWORKS.items()
        if isinstance(networks, dict) and (one := networks.get(kind))
    ]
    if isinstance(loss := told.get("val_pinball"), int | float):
        parts.append(f"held-out loss {loss:.4f} in the end")
    if told.get("parameters"):
        parts.append(count(told["parameters"], "parameter"))
    return "; ".join(parts)


def hardware(found: object) -> str:
    """ "2 cores, Intel Xeon, 7.8 GB, no graphics card"."""
    if not isinstance(found, dict):
        return ""
    memory = found.get("memory_gb")
    parts = [
        count(found["cores"], "core") if found.get("cores") else "", str(found.get("cpu") or ""),
        f"{memory:g}{SPACE}GB" if isinstance(memory, int | float) else "", str(found.get("gpu") or "no graphics card"),
    ]  # fmt: skip
    return ", ".join(one for one in parts if one)
