"""Counter-based random numbers: every draw is a pure function of (seed, server, channel, counter).

Guards the promise that any tick can be computed alone, in any chunk, at any speed, for any part of a
fleet, with bit-equal results. The hash is SplitMix64 (Steele, Lea, Flood 2014); a normal variate is the
sum of the four 16-bit quarters of one hash, which costs no transcendental function.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_LOW = np.uint64(0xFFFF)
_SHIFTS = tuple(np.uint64(bits) for bits in (30, 27, 31, 16, 32, 48, 11))
_QUARTERS_MEAN, _QUARTERS_SD = 2.0 * 65535.0, 65536.0 / 3.0**0.5
_SPLINE_NORM = 1.45  # 1 / the root of the mean squared sum of four cubic B-spline weights


def _mix(state: Keys) -> Keys:
    """SplitMix64's output function, in place."""
    state ^= state >> _SHIFTS[0]
    state *= _MIX_1
    state ^= state >> _SHIFTS[1]
    state *= _MIX_2
    state ^= state >> _SHIFTS[2]
    return state


def name_hash(text: str) -> int:
    """A 64-bit hash of a name that is the same in every process and version of Python."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def keys_for(seed: int, names: Sequence[str], channel: str) -> Keys:
    """One stream key per name, [N] uint64, for `channel` of the fleet with `seed`."""
    salt = name_hash(f"{seed}/{channel}")
    return _mix(np.array([name_hash(name) ^ salt for name in names], np.uint64))


def hashes(keys: Keys, counters: Ints) -> Keys:
    """64 random bits for every counter and key, [K, N]; negative counters are fine (they wrap)."""
    return _mix(keys[None, :] + counters.astype(np.uint64)[:, None] * _GOLDEN)


def uniforms(keys: Keys, counters: Ints) -> Doubles:
    """Uniform in [0, 1), [K, N]."""
    drawn: Doubles = (hashes(keys, counters) >> _SHIFTS[6]).astype(np.float64)
    drawn *= 2.0**-53
    return drawn


def normals(keys: Keys, counters: Ints) -> Doubles:
    """Standard normal to three and a half deviations, [K, N]."""
    bits = hashes(keys, counters)
    total = (bits & _LOW) + ((bits >> _SHIFTS[3]) & _LOW) + ((bits >> _SHIFTS[4]) & _LOW) + (bits >> _SHIFTS[5])
    drawn: Doubles = total.astype(np.float64)
    drawn -= _QUARTERS_MEAN
    drawn /= _QUARTERS_SD
    return drawn


def smooth(keys: Keys, first: int, count: int, period: int) -> Doubles:
    """Autocorrelated unit-variance noise, [count, N]: a finite moving average over draws at every `period` ticks."""
    return spline(normals(keys, spline_knots(first, count, period)), first, count, period)


def spline_knots(first: int, count: int, period: int) -> Ints:
    """The counters of the draws that ticks `first` ... `first + count` rest on: four for each tick."""
    return np.arange(first // period - 1, (first + count - 1) // period + 3, dtype=np.int64)


def spline(drawn: Doubles, first: int, count: int, period: int) -> Doubles:
    """The path [count, N] through draws at `spline_knots`.

    The kernel is the cubic B-spline, so the path is smooth on the scale of `period` and needs four draws a tick.
    """
    ticks = np.arange(first, first + count, dtype=np.int64)
    knots = ticks // period
    share = ((ticks - knots * period) / period)[:, None]
    row = knots - knots[0]
    rest = 1.0 - share
    square, cube = share * share, share * share * share
    path: Doubles = drawn[row] * (rest * rest * rest)
    path += drawn[row + 1] * (3.0 * cube - 6.0 * square + 4.0)
    path += drawn[row + 2] * (3.0 * (share + square - cube) + 1.0)
    path += drawn[row + 3] * cube
    path *= _SPLINE_NORM / 6.0
    return path
