"""What is usual for each server: its day and week, how far its days lie apart, how well it was forecast.

Fitted on whole days of hours. Guards that the spread that a test is judged by is that of means over as many hours as
the test looks at, taken from the server's own past, never of single samples: neighbouring hours lean on each other.
"""

import warnings
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.drift.hours import HOURS_A_DAY, Channel

Doubles = NDArray[np.float64]
SHORTEST: Final = 7 * HOURS_A_DAY
"""Hours of reference below which nothing is tested: every weekday once."""
LONGEST: Final = 14 * HOURS_A_DAY
"""Hours after which a reference is complete and stays."""
_WEEK: Final = 7
_EPOCH_DAY: Final = 3  # hour 0 was a Thursday
_SATURDAY: Final = 5
_KNOWN: Final = 0.6  # share of the reference's hours that a series has to have
_MAD: Final = 1.4826  # standard deviations of a normal in its median absolute deviation
_LEAST: Final = 0.15  # of the series' own deviation: what is steadier than that is no closer watched
_FAR: Final = 6.0
_NOTHING: Final = 1e-9
_BATCH: Final = 100  # servers at a time: memory stays flat


class Test(IntEnum):
    """What is compared with the reference, each over its own number of hours."""

    __test__ = False  # no test of pytest's

    INPUTS = 0
    STEPS = 1
    RESIDUALS = 2
    COVERAGE = 3

    @property
    def hours(self) -> int:
        return 12 if self is Test.STEPS else 24

    @property
    def channel(self) -> Channel:
        return (Channel.VALUE, Channel.RESIDUAL, Channel.RESIDUAL, Channel.HELD)[self]


@dataclass(frozen=True, slots=True)
class Reference:
    """A fitted past of N servers and M metrics.

    `day` [2, 24, N, M] is the shape of working and weekend days, `week` [7, N, M] the level of each weekday, `scale`
    [N, M] how far hours lie from that; `centre` and `spread` [tests, N, M] those of each test's window, of `hours`
    [tests]; `deviation` [N, M] the series' own; `loss` [N, M] its mean pinball loss; `known` [tests, N, M] where there
    is enough to test, `constant` [N, M] what never moved.
    """

    hours: tuple[int, ...]
    day: Doubles
    week: Doubles
    scale: Doubles
    centre: Doubles
    spread: Doubles
    deviation: Doubles
    loss: Doubles
    known: NDArray[np.bool_]
    constant: NDArray[np.bool_]


Span = tuple[int, NDArray[np.floating]]
"""The first hour since the epoch, and consecutive hours [H, N, M, channels]."""


def fit(values: Span, forecasts: Span | None = None) -> Reference:
    """The reference that lies in a span of hours; what concerns forecasts lies in a span of its own, if one is given.

    ValueError when `values` has fewer than SHORTEST hours. With fewer in `forecasts` their tests are not known.
    """
    if len(values[1]) < SHORTEST:
        raise ValueError(f"a reference needs {SHORTEST} hours, not {len(values[1])}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of all-NaN slices: unknown is an answer here
        return _fit(values, forecasts or values)


def _fit(values: Span, forecasts: Span) -> Reference:
    first, value = values[0], np.asarray(values[1][..., Channel.VALUE], np.float64)
    deviation = np.nanstd(value, axis=0)
    flat = deviation <= _NOTHING * np.maximum(np.abs(np.nanmean(value, axis=0)), 1.0)
    day, week = _season(first, value, deviation)
    left = np.nanmedian(np.abs(value - _expected(first, len(value), day, week)), axis=0) * _MAD
    scale = np.maximum(np.maximum(left, _LEAST * deviation), _NOTHING)
    spans = [values if test is Test.INPUTS else forecasts for test in Test]
    tested = [series(test, *span, day, week, scale) for test, span in zip(Test, spans, strict=True)]
    nothing = np.full((1, *deviation.shape), np.nan)
    windows = [rolling(one, test) if len(one) >= SHORTEST else nothing for one, test in zip(tested, Test, strict=True)]
    centre = np.stack([np.nanmean(one, axis=0) for one in windows])
    known = [np.isfinite(one).sum(axis=0) >= _KNOWN * max(len(one), SHORTEST) for one in tested]
    return Reference(
        tuple(len(one) for one in tested), day, week, scale, centre, _spread(windows, centre), deviation,
        np.nanmean(np.asarray(forecasts[1][..., Channel.LOSS], np.float64), axis=0), np.stack(known),
        np.asarray(flat | ~np.isfinite(deviation)),
    )  # fmt: skip


def _spread(windows: list[Doubles], centre: Doubles) -> Doubles:
    """Half the server's own, half what is usual for the metric: few windows of one server say little of its spread."""
    own = np.stack([np.nanmean((one - middle) ** 2, axis=0) for one, middle in zip(windows, centre, strict=True)])
    usual = np.nanmedian(own, axis=1, keepdims=True)
    return np.asarray(np.sqrt(np.maximum(0.5 * own + 0.5 * usual, _NOTHING)))


def series(test: Test, first: int, hours: NDArray[np.floating], day: Doubles, week: Doubles, scale: Doubles) -> Doubles:
    """What a test looks at, hour by hour [H, N, M]: values without day and week in their own scale, or as they are."""
    channel = np.asarray(hours[..., test.channel], np.float64)
    if test is not Test.INPUTS:
        return channel
    return np.clip((channel - _expected(first, len(channel), day, week)) / scale, -_FAR, _FAR)


def rolling(values: Doubles, test: Test) -> Doubles:
    """What a test makes of its last hours, at every hour [H, N, M]; NaN where less than half of them is known."""
    empty = np.full((test.hours - 1, *values.shape[1:]), np.nan)
    padded, found = np.concatenate([empty, values]), np.empty_like(values)
    for start in range(0, values.shape[1], _BATCH):
        part = slice(start, start + _BATCH)
        views = np.lib.stride_tricks.sliding_window_view(padded[:, part], test.hours, axis=0)
        found[:, part] = middle(views, test)
    return found


def middle(windows: Doubles, test: Test) -> Doubles:
    """A window's [..., hours] median, or of shares, whose median would nearly always be 1, the mean."""
    count = np.isfinite(windows).sum(axis=-1)
    if test is Test.COVERAGE:
        made = np.where(np.isfinite(windows), windows, 0.0).sum(axis=-1) / np.maximum(count, 1)
    else:
        ordered = np.sort(windows, axis=-1)  # NaN goes to the end
        low, high = (
            np.take_along_axis(ordered, np.maximum(place, 0)[..., None], axis=-1)[..., 0]
            for place in ((count - 1) // 2, np.minimum(count // 2, windows.shape[-1] - 1))
        )
        made = (low + high) / 2.0
    return np.where(count >= test.hours // 2, made, np.nan)


def _clock(first: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hour of the day and day of the week, Monday 0, of consecutive hours."""
    hour = np.arange(first, first + count)
    return hour % HOURS_A_DAY, (hour // HOURS_A_DAY + _EPOCH_DAY) % _WEEK


def _expected(first: int, count: int, day: Doubles, week: Doubles) -> Doubles:
    hour, weekday = _clock(first, count)
    return np.asarray(day[(weekday >= _SATURDAY).astype(np.int64), hour] + week[weekday])


def _season(first: int, value: Doubles, deviation: Doubles) -> tuple[Doubles, Doubles]:
    """The shape of a day, and the level of each weekday as far as the servers agree on how weekdays differ."""
    hour, weekday = _clock(first, len(value))
    level = np.stack([np.nanmean(value[weekday == one], axis=0) for one in range(_WEEK)])
    day = np.stack([
        [_at(value - level[weekday], (weekday >= _SATURDAY) == weekend, hour, one) for one in range(HOURS_A_DAY)]
        for weekend in (False, True)
    ])  # fmt: skip
    flat = value - day[(weekday >= _SATURDAY).astype(np.int64), hour]
    level = np.stack([np.nanmedian(flat[weekday == one], axis=0) for one in range(_WEEK)])
    middle, unit = np.nanmean(level, axis=0), np.maximum(deviation, _NOTHING)
    shared = np.nanmedian((level - middle) / unit, axis=1, keepdims=True)
    return day, shared * unit + middle


def _at(value: Doubles, of_kind: NDArray[np.bool_], hour: NDArray[np.int64], one: int) -> Doubles:
    """The middle of an hour of the day and its neighbours, over the days of a kind."""
    near = of_kind & ((hour - one + 1) % HOURS_A_DAY <= 2)
    return np.asarray(np.nanmedian(value[near], axis=0))
