"""Who is compared: anything that turns a cut into quantiles, fitted or loaded before the first scored origin.

Guards the one narrow border between the harness and the models: a contender sees a span only up to the first
scored origin, a model only the windows, and an artefact is asked exactly as serving asks it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol, runtime_checkable

from ml.baselines.guesses import Naive
from ml.baselines.naive import BEST, fit_naives
from ml.contracts import Floats, Window
from ml.dataset.windows import Cut, Span
from ml.runtime import Crossing, Forecaster, crossing
from ml.runtime.features import PROFILES
from ml.schema import TICK_SECONDS

NAIVE_NAMES: Final = (*(kind.value for kind in Naive), BEST)
"""The naive models that can be asked for by name."""
_MONDAY: Final = datetime(2024, 1, 1, tzinfo=UTC)


class Model(Protocol):
    """What the harness scores. It may look at everything in a cut but its truth, which tests perturb."""

    def quantiles(self, piece: Cut) -> Floats:
        """Quantiles [N, M, H, Q] in units, non-decreasing along Q, NaN for a series without a forecast."""


@runtime_checkable
class Foresees(Protocol):
    """A model that tells breaches as well."""

    def breaches(self, piece: Cut, fan: Floats, limits: Floats) -> Crossing:
        """The risk at thresholds [N, M], with the fan that it gave for the same cut."""


Contender = Callable[[Span], Model]
"""Makes a model for one span from its rows before the first scored origin, the only ones that it is given."""


@dataclass(frozen=True, slots=True)
class Served:
    """An artefact, asked as serving asks it: with its fallbacks, and a baseline's numbers where it gives those."""

    forecaster: Forecaster

    def quantiles(self, piece: Cut) -> Floats:
        """The forecaster's answer to the cut as a window; the origin is the same tick of the first week of 2024."""
        names = tuple(str(row) for row in range(len(piece.history)))
        profiles = tuple(PROFILES[row].value for row in piece.profiles)
        origin_at = _MONDAY + timedelta(seconds=TICK_SECONDS * piece.week_tick)
        window = Window(names, profiles, origin_at, piece.history, piece.calendar, piece.week)
        return self.forecaster.predict(window).quantiles

    def breaches(self, piece: Cut, fan: Floats, limits: Floats) -> Crossing:
        """The risk as serving tells it."""
        return crossing(fan, limits, self.forecaster.odds)


def served(forecasters: Mapping[str, Forecaster]) -> dict[str, Contender]:
    """Loaded artefacts as contenders."""
    return {name: fixed(Served(one)) for name, one in forecasters.items()}


def fixed(model: Model) -> Contender:
    """A model that was fitted elsewhere, as a contender."""
    return lambda _before: model


def models_for(before: Span, contenders: Mapping[str, Contender]) -> dict[str, Model]:
    """All models of one span: the naive ones, fitted on the rows before the first scored origin, and the contenders."""
    return {**fit_naives(before), **{name: make(before) for name, make in contenders.items()}}


def head(span: Span, rows: int) -> Span:
    """The first `rows` rows of a span."""
    states = None if span.states is None else span.states[:rows]
    return replace(span, values=span.values[:rows], maintenance=span.maintenance[:rows], states=states)
