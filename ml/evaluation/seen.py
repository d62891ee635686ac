"""Which telemetry a model was trained on, itself and through what it was trained on from: read from its manifest.

Guards that a hold-out is one: where a manifest cannot tell, the answer is "unknown", never "none".
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ml.contracts import Manifest
from ml.dataset.telemetry import Telemetry

Stretch = Mapping[str, object]
"""`first_at`, `last_at` and `sha256` of a file that was trained on."""


def stretch(telemetry: Telemetry, sha256: str) -> Stretch:
    """What a manifest says of a file."""
    return {"first_at": telemetry.first_at.isoformat(), "last_at": telemetry.last_at.isoformat(), "sha256": sha256}


def seen_by(manifest: Manifest) -> Sequence[Stretch] | None:
    """The stretches that a model saw; none for one that only met simulated servers, None where it cannot be told."""
    recipe = manifest.recipe
    if "seen" not in recipe:
        return None if recipe.get("data") else ()
    found = recipe["seen"]
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else None


def together(start: Manifest, scratch: bool, own: Sequence[Stretch]) -> Sequence[Stretch] | None:
    """What a model will have seen that is trained from `start`; its network's past does not count from scratch."""
    before = () if scratch else seen_by(start)
    return None if before is None else [*before, *own]


def trained(manifest: Manifest) -> dict[str, object]:
    """From when to when a model saw telemetry, as evidence tells it."""
    found = seen_by(manifest)
    recipe = manifest.recipe
    told = [(_moment(one, "first_at"), _moment(one, "last_at")) for one in found or ()]
    return {
        "known": found is not None and all(None not in one for one in told),
        "first_at": min((one.isoformat() for one, _ in told if one), default=None),
        "last_at": max((one.isoformat() for _, one in told if one), default=None),
        "data_sha256": found[-1].get("sha256") if found else None,
        "mode": recipe.get("mode"),
    }


def touched(manifest: Manifest, first_at: datetime, last_at: datetime) -> bool:
    """Whether a model was trained on anything between two times, both included; yes where it cannot be told."""
    part = trained(manifest)
    if not part["known"]:
        return True
    begun, ended = (_moment(part, name) for name in ("first_at", "last_at"))
    return begun is not None and ended is not None and begun <= last_at and ended >= first_at


def _moment(part: Mapping[str, object], name: str) -> datetime | None:
    value = part.get(name)
    return datetime.fromisoformat(value) if isinstance(value, str) else None
