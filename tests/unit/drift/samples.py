"""Hours of servers that are well: a day, a week, noise that leans on itself."""

import numpy as np
from numpy.typing import NDArray

from ml.drift.hours import Channel
from ml.schema import METRICS

MONDAY = 4 * 24


def hours(seed: int, count: int, servers: int = 8, scale: float = 1.0) -> NDArray[np.float32]:
    """[count, servers, metrics, channels] from a Monday 00:00 on."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal((count, servers, len(METRICS)))
    for at in range(1, count):
        noise[at] = 0.6 * noise[at - 1] + 0.8 * noise[at]
    hour = np.arange(count)
    day = 10.0 * np.sin(hour / 24.0 * 2.0 * np.pi) + 3.0 * ((hour // 24) % 7 < 5)
    made = np.empty((count, servers, len(METRICS), len(Channel)))
    made[..., Channel.VALUE] = scale * (50.0 + day[:, None, None] + 2.0 * noise)
    made[..., Channel.RESIDUAL] = noise
    made[..., Channel.HELD] = np.clip(0.8 + 0.1 * random.standard_normal(noise.shape), 0.0, 1.0)
    made[..., Channel.LOSS] = scale * np.abs(noise)
    return made.astype(np.float32)
