"""Scores of an hour of truth: their arrays, and what two versions' losses on the same truths say. Pure.

The truths of a server within a day rise and fall together, so intervals take a server's day as one observation.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import numpy as np
import zstandard

from ml.contracts import Floats
from ml.runtime.chances import student_quantile
from ml.runtime.losses import pinball
from ml.schema import HIGH80, LEAD_BUCKETS, LOW80, METRICS, TICKS_PER_DAY
from webapp.core.policies import skill
from webapp.core.policies.skill import Losses
from webapp.core.views.live_scores import Compared, Held, Scored


class Role(StrEnum):
    """In which role a version forecast."""

    CHAMPION = "champion"
    SHADOW = "shadow"


HELD, MATURED, MISSING, LOSS, MODEL, NAIVE, BOTH = range(7)
"""Truths inside the 80 % interval, truths that came, truths that did not; the loss over all that came; the losses of
model and yesterday's curve over `BOTH`, the truths that both have a forecast of."""
SCORES: Final = 7
MINE, THEIRS, MINE_HELD, THEIRS_HELD, TRUTHS = range(5)
"""Losses, truths inside the 80 % interval, and how many truths, of two versions on the same ones."""
PAIR: Final = 5
CELLS: Final = (len(METRICS), len(LEAD_BUCKETS), SCORES)
_COMPARED: Final = (MODEL, NAIVE, BOTH)
_LEVEL: Final = 3
FEWEST_BLOCKS: Final = 5  # below, days of servers are too few to say how far others may lie
_Z90: Final = 1.644854
_Z95: Final = 1.959964

Blocks = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def measured(made: Floats, naive: Floats, truth: Floats, unit: Floats) -> Floats:
    """Scores [N, M, 7] of an hour's fans [N, M, 12, Q] on the truth [N, 12, M], losses in `unit` [N, M]."""
    seen = truth.transpose(0, 2, 1)
    forecast = np.isfinite(made[..., LOW80])
    known = forecast & np.isfinite(seen)
    mine, theirs = (pinball(one, seen) / unit[..., None] for one in (made, naive))
    both = np.isfinite(mine) & np.isfinite(theirs)
    parts = (
        _inside(made, seen) & known, known, forecast & ~known, np.where(np.isfinite(mine), mine, 0.0),
        np.where(both, mine, 0.0), np.where(both, theirs, 0.0), both,
    )  # fmt: skip
    return np.stack([one.sum(axis=2, dtype=np.float32) for one in parts], axis=2)


def paired(mine: Floats, theirs: Floats, truth: Floats, unit: Floats) -> Floats:
    """Pair scores [N, 5] of two versions' fans [N, M, 12, Q] on the truths that both have a forecast of."""
    seen = truth.transpose(0, 2, 1)
    losses = [pinball(one, seen) / unit[..., None] for one in (mine, theirs)]
    both = np.isfinite(losses[0]) & np.isfinite(losses[1])
    parts = (
        *(np.where(both, one, 0.0) for one in losses), *(_inside(one, seen) & both for one in (mine, theirs)), both
    )  # fmt: skip
    return np.stack([one.sum(axis=(1, 2), dtype=np.float32) for one in parts], axis=1)


def _inside(made: Floats, seen: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    with np.errstate(invalid="ignore"):
        return (seen >= made[..., LOW80]) & (seen <= made[..., HIGH80])


def pack(values: Floats, ids: Sequence[int] = ()) -> bytes:
    """An array, behind the ids of its servers if it has any, compressed."""
    head = np.array([len(ids), *ids], np.int32).tobytes()
    return zstandard.ZstdCompressor(level=_LEVEL).compress(head + np.ascontiguousarray(values, np.float32).tobytes())


def cells(blob: bytes) -> Losses:
    """Scores [metric, bucket, 7]."""
    plain = zstandard.ZstdDecompressor().decompress(blob)
    return np.frombuffer(plain, np.float32, offset=4).reshape(CELLS).astype(np.float64)


def servers(blob: bytes, scores: int) -> dict[int, Losses]:
    """Scores [bucket, scores] by server."""
    plain = zstandard.ZstdDecompressor().decompress(blob)
    count = int(np.frombuffer(plain, np.int32, 1)[0])
    ids = np.frombuffer(plain, np.int32, count, offset=4)
    values = np.frombuffer(plain, np.float32, offset=4 + 4 * count).reshape(count, len(LEAD_BUCKETS), scores)
    return dict(zip(ids.tolist(), values.astype(np.float64), strict=True))


def scored(whole: Losses, each: Sequence[Losses] = ()) -> Scored:
    """What scores [..., 7] say; with those of `each` server the skill has an interval."""
    sums = whole.reshape(-1, SCORES).sum(axis=0)
    matured = int(sums[MATURED])
    return Scored(
        int(sums[HELD]), matured, int(sums[MISSING]), float(sums[LOSS] / matured) if matured else None,
        skill.skill(whole[..., _COMPARED], [one[..., _COMPARED] for one in each]),
    )  # fmt: skip


def blocks(hours: Mapping[int, Mapping[int, Losses]], bucket: int | None = None) -> Blocks:
    """Pair scores [K, 5], one row a server and day of stream time, of hours {tick: {server: [bucket, 5]}}."""
    found: dict[tuple[int, int], Losses] = {}
    for tick, each in hours.items():
        for asset_id, values in each.items():
            some = values.sum(axis=0) if bucket is None else values[bucket]
            key = (asset_id, (tick - 1) // TICKS_PER_DAY)
            found[key] = found[key] + some if key in found else some
    kept = [one for one in found.values() if one[TRUTHS] > 0]
    return np.array(kept, np.float64).reshape(-1, PAIR)


def swapped(pairs: Blocks) -> Blocks:
    """The same, seen from the other version."""
    return pairs[:, (THEIRS, MINE, THEIRS_HELD, MINE_HELD, TRUTHS)]


def compared(pairs: Blocks, hours: int) -> Compared | None:
    """How much larger the loss of the first version is, and what both intervals held; None without a common truth."""
    truths = pairs[:, TRUTHS].sum()
    if truths == 0 or pairs[:, THEIRS].sum() <= 0.0:
        return None
    ratio, error = _ratio(pairs[:, MINE], pairs[:, THEIRS])
    two, one = (None if error is None else error * student_quantile(level, len(pairs) - 1) for level in (_Z95, _Z90))
    return Compared(
        truths=int(truths), hours=hours, blocks=len(pairs), worse=ratio - 1.0,
        low=None if two is None else ratio - 1.0 - two, high=None if two is None else ratio - 1.0 + two,
        at_least=None if one is None else ratio - 1.0 - one,
        mine=_held(pairs[:, MINE_HELD], pairs[:, TRUTHS]), theirs=_held(pairs[:, THEIRS_HELD], pairs[:, TRUTHS]),
    )  # fmt: skip


def _held(inside: Losses, truths: Losses) -> Held:
    share, error = _ratio(inside, truths)
    half = None if error is None else error * student_quantile(_Z95, len(truths) - 1)
    return Held(int(inside.sum()), int(truths.sum()), None if half is None else share - half,
                None if half is None else share + half)  # fmt: skip


def _ratio(above: Losses, below: Losses) -> tuple[float, float | None]:
    """A ratio of sums over blocks and its standard error by the delta method, None for too few blocks."""
    ratio, count = float(above.sum() / below.sum()), len(above)
    if count < FEWEST_BLOCKS:
        return ratio, None
    spread = np.square(above - ratio * below).sum() * count / (count - 1)
    return ratio, float(np.sqrt(spread) / below.sum())
