"""Since when a cell has been off: the change point of its hourly effects.

The classical estimate that belongs to a CUSUM (Page 1954): where the sum of what exceeds half the effect was lowest.
"""

import numpy as np
from numpy.typing import NDArray


def onset(pulses: NDArray[np.floating], effect: float) -> int:
    """How many hours ago, the newest being 1, a change of `effect` began in hourly `pulses`, oldest first.

    Unknown hours count as undecided. At most as many as there are, at least 1.
    """
    sign = -1.0 if effect < 0.0 else 1.0
    step = np.where(np.isfinite(pulses), sign * pulses - abs(effect) / 2.0, 0.0)
    total = np.concatenate([[0.0], np.cumsum(step)])[:-1]
    lowest = int(np.flatnonzero(total <= total.min() + 1e-12)[-1]) if len(total) else 0
    return max(1, len(pulses) - lowest)
