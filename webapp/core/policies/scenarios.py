"""What a scenario may be, and when it ends."""

from dataclasses import dataclass

from ml.schema import METRIC_INDEX, METRICS
from ml.streams.fleet import LIBRARY, InjectionKind
from webapp.core.errors import FieldError, Invalid

LONGEST_TICKS = 2016
LASTING_TICKS = 288
"""A scenario longer than a day is how a fleet is from then on: to drift it is a change, not an incident."""
LONGEST_REASON = 300
MOST_ALIVE = 50
NO_REASON = "no reason given yet"


@dataclass(frozen=True, slots=True)
class ScenarioRequest:
    """What a person asks for: servers by name, or a `profile` ("all" for every server)."""

    kind: str
    assets: tuple[str, ...] = ()
    profile: str | None = None
    intensity: float = 1.0
    ramp_ticks: int | None = None
    hold_ticks: int | None = None
    recover_ticks: int | None = None
    seed: int | None = None
    guard_metric: str | None = None
    guard_threshold: float | None = None
    hypothesis: str = ""


def check(request: ScenarioRequest) -> None:
    """Raises Invalid that names every wrong field."""
    errors = [*_kind(request), *_strength(request), *_guard(request)]
    if len(request.hypothesis) > 500:
        errors.append(FieldError("hypothesis", "The hypothesis is longer than 500 characters. Shorten it."))
    if errors:
        raise Invalid(errors[0].message, tuple(errors))


def _kind(request: ScenarioRequest) -> list[FieldError]:
    if request.kind in {kind.value for kind in InjectionKind}:
        return []
    return [FieldError("kind", f"There is no scenario called {request.kind}. Pick one from the library.")]


def _strength(request: ScenarioRequest) -> list[FieldError]:
    errors = []
    if not 0 < request.intensity <= 1:
        errors.append(FieldError("intensity", "The intensity must be over 0 and at most 1."))
    for name in ("ramp_ticks", "hold_ticks", "recover_ticks"):
        ticks = getattr(request, name)
        if ticks is not None and not 0 <= ticks <= LONGEST_TICKS:
            errors.append(FieldError(name, "A phase lasts 0 to 2,016 ticks, which is 7 days."))
    if request.seed is not None and not 0 <= request.seed < 2**31:
        errors.append(FieldError("seed", "The seed must be a whole number from 0 to 2,147,483,647."))
    return errors


def _guard(request: ScenarioRequest) -> list[FieldError]:
    if request.guard_metric is None:
        return []
    if request.guard_metric not in METRIC_INDEX:
        return [FieldError("guard_metric", f"There is no metric called {request.guard_metric}.")]
    limit, metric = request.guard_threshold, METRICS[METRIC_INDEX[request.guard_metric]]
    if limit is None or not metric.low <= limit <= metric.high:
        return [
            FieldError(
                "guard_threshold", f"The guard must lie between {metric.low:g} and {metric.high:g} {metric.unit}."
            )
        ]
    return []


def phases(request: ScenarioRequest) -> tuple[int, int, int]:
    """Ramp, hold and recovery in ticks, the library's where the request says nothing."""
    info = LIBRARY[InjectionKind(request.kind)]
    ramp = info.ramp if request.ramp_ticks is None else request.ramp_ticks
    hold = info.hold if request.hold_ticks is None else request.hold_ticks
    return ramp, hold, info.recover if request.recover_ticks is None else request.recover_ticks


def end_tick(start: int, ramp: int, hold: int, recover: int) -> int:
    """The first tick at which nothing of a scenario is left."""
    return start + ramp + hold + recover


def began(start_tick: int, stop_tick: int | None) -> bool:
    """Whether a scenario touched a tick, or may still: one that was stopped at its start never did."""
    return stop_tick is None or stop_tick > start_tick


def reason(text: str, ask: str) -> str:
    """A reason as it is kept. Raises Invalid, with `ask` as its sentence, when it is empty."""
    said = " ".join(text.split())
    message = ask if not said else ""
    if len(said) > LONGEST_REASON:
        message = f"The reason is longer than {LONGEST_REASON} characters. Shorten it."
    if message:
        raise Invalid(message, (FieldError("reason", message),))
    return said
