"""What the bench compares serving with, in the same run: the reference model's own forward pass, and boosting.

The reference is pytorch-forecasting's network with the champion's weights on inputs that are prepared already, so it
is spared what serving has to do before and after. A rival that is not installed has no time.
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.contracts import Window
from ml.dataset.windows import Cut
from ml.runtime.features import Rows, profile_rows
from ml.runtime.forecaster import Forecaster, week_tick
from ml.runtime.fusion import Fusion, parts
from ml.runtime.inputs import Inputs, Situation
from ml.runtime.week import week_within
from ml.schema import HORIZON, METRICS

if TYPE_CHECKING:
    import torch

    from ml.boosting.model import Boosted

_REPEATS: Final = 3
_MOST: Final = 1_000  # servers that boosting is asked for: beyond, a call takes the better part of a minute
_SEED: Final = 1


def boosted(progress: Callable[[str], None]) -> "Boosted | None":
    """Boosting fitted on simulated fleets, None where it is not installed."""
    from ml.boosting.model import BoostingMissing
    from ml.boosting.training import train_boosted

    try:
        return train_boosted(_SEED, progress)
    except BoostingMissing as error:
        progress(f"lightgbm is left out: {error}")
        return None


def boosted_ms(model: "Boosted | None", window: Window) -> float | None:
    """Median milliseconds of a boosted forecast of a window."""
    if model is None or len(window.assets) > _MOST:
        return None
    piece = Cut(window.values, window.maintenance, np.zeros((len(window.assets), HORIZON, len(METRICS)), np.float32),
                _profiles(window), week_tick(window.origin_at), 0, _week(window))  # fmt: skip
    return _median(lambda: model.quantiles(piece))


def reference_ms(forecaster: Forecaster, window: Window) -> float | None:
    """Median milliseconds of pytorch-forecasting's forward pass over a window's series, None without torch."""
    if not isinstance(forecaster.model, Fusion):
        return None
    try:
        import torch

        from ml.tft.model import rebuilt
    except ImportError:
        return None
    network = rebuilt(forecaster.model.networks[0].tensors)
    given = Situation(window.values, _week(window), window.maintenance, _profiles(window), week_tick(window.origin_at))
    batches = [_tensors(part.inputs, torch.from_numpy) for part in parts(forecaster.model.ridge, given)]

    def run() -> None:
        with torch.no_grad():
            for batch in batches:
                network.say(batch)

    return _median(run)


def _tensors(given: Inputs, make: "Callable[[Rows], torch.Tensor]") -> "dict[str, torch.Tensor]":
    arrays = {
        "static": given.static.T, "encoder": given.encoder.transpose(2, 0, 1),
        "decoder": given.decoder.transpose(2, 0, 1), "metric": given.metric, "profile": given.profile,
    }  # fmt: skip
    return {name: make(np.ascontiguousarray(one)) for name, one in arrays.items()}


def _profiles(window: Window) -> Rows:
    return profile_rows(window.profiles)


def _week(window: Window) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return week_within(window.values, week_tick(window.origin_at)) if window.week is None else window.week


def _median(call: Callable[[], object]) -> float:
    call()
    times: Sequence[float] = []
    for _ in range(_REPEATS):
        start = perf_counter()
        call()
        times = [*times, (perf_counter() - start) * 1e3]
    return round(float(np.median(times)), 2)
