"""The card "Why" in words: what the model looked at, and what followed when it was like this before. Pure."""

from collections.abc import Sequence
from datetime import datetime

from ml.schema import HORIZON, TICKS_PER_HOUR
from webapp.core.policies import wording
from webapp.core.policies.wording import SPACE, Zone
from webapp.core.views.explanations import Alike, Explanation, Looked, Unexplained
from webapp.core.views.server import MetricView
from webapp.state.server_view import Reason, Why

_ROWS = 4
UNLIKE = 2.0
"""Spreads of the present stretch from which an earlier one is not like it."""
_AHEAD = f"{HORIZON // TICKS_PER_HOUR}{SPACE}h"
NOTHING = {
    Unexplained.NO_FORECAST: "There is no forecast to explain.",
    Unexplained.BASELINE: "Persistence has nothing to explain: it holds the last values.",
    Unexplained.LINEAR: "This model is linear: it weighs every input the same way each time, so there is nothing that "
    "it looked at more.",
    Unexplained.UNREADABLE: "The model that made this forecast cannot be read here, so it cannot be asked.",
}


def why(metric: MetricView, explained: Explanation, zone: Zone, now: datetime) -> Why:
    """The card for one metric of the shown forecast; an explanation of another metric is none."""
    silent = explained.unexplained
    if metric.fan is None or explained.metric != metric.metric:
        silent = Unexplained.NO_FORECAST
    if silent is not None:
        return Why(nothing=NOTHING[silent])
    return Why(
        _rows(explained.looked), _attended(explained), sentence(metric, explained, zone, now),
        "\n".join(_detail(metric, one, zone, now) for one in explained.alike),
    )  # fmt: skip


def _rows(looked: Sequence[Looked]) -> list[Reason]:
    """The largest groups, and one row for all other inputs; bars are in proportion to the longest of them."""
    shown, others = looked[:_ROWS], looked[_ROWS:]
    rest = sum(one.share for one in others)
    longest = max([rest, *(one.share for one in shown)])
    rows = [Reason(one.name, wording.probability(one.share), _width(one.share, longest)) for one in shown]
    name = f"{sum(one.inputs for one in others)} other inputs"
    return [*rows, Reason(name, wording.probability(rest), _width(rest, longest), rest=True)]


def _width(share: float, longest: float) -> str:
    return f"{100 * share / longest:.0f}%"


def _attended(explained: Explanation) -> str:
    """Which stretch of the past counted most: "Of the past, most at 2 to 3 h ago."."""
    if explained.to_h == 0:
        return f"Of the past it looked most at the last {wording.duration(60 * explained.from_h)}."
    first, last = f"{explained.to_h:g}", f"{explained.from_h:g}"
    return f"Of the past it looked most at {first} to {last}{SPACE}h ago."


def sentence(metric: MetricView, explained: Explanation, zone: Zone, now: datetime) -> str:
    """What followed the stretches that were most like the present one."""
    alike = [one for one in explained.alike if one.distance < UNLIKE]
    since = _since(explained.days)
    if not explained.alike:
        return "Too little is stored yet to look for a stretch like this one."
    if not alike:
        return f"No stretch of {since} was like this one."
    if metric.threshold is None:
        return f"Most like {_detail(metric, alike[0], zone, now)}."
    name, level = wording.spoken(metric.metric), _level(metric)
    nearest, crossed = alike[0], [one for one in alike if one.crossed_after_min is not None]
    if nearest.crossed_after_min is not None:
        when = wording.clock_time(nearest.ended_at, zone, now)
        return f"Most like {when}; {name} {_crossed(nearest.crossed_after_min, level)}."
    if crossed:
        stretches = f"{len(crossed)} of the {len(alike)} most similar stretches of {since}"
        return f"In {stretches} it then crossed {level} within {_AHEAD}."
    which = f"the {len(alike)} most similar stretches" if len(alike) > 1 else "the most similar stretch"
    return f"In {which} of {since} it stayed below {level}."


def _crossed(minutes: float, level: str) -> str:
    return f"then crossed {level} after {wording.duration(minutes)}" if minutes else f"was over {level} then already"


def _detail(metric: MetricView, one: Alike, zone: Zone, now: datetime) -> str:
    """One similar stretch on a line: "Tue 13:20: 61.0 to 93.5 % in the next 8 h, crossed 92 % after 2 h 10 min"."""
    high = wording.value(one.high, metric.unit, metric.decimals)
    span = f"{wording.number(one.low, metric.decimals)} to {high} in the next {_AHEAD}"
    end = "" if one.crossed_after_min is None else f", {_crossed(one.crossed_after_min, _level(metric))}"
    return f"{wording.clock_time(one.ended_at, zone, now)}: {span}{end}"


def _level(metric: MetricView) -> str:
    return wording.limit(metric.metric, metric.threshold or 0.0).removeprefix(f"over{SPACE}")


def _since(days: float) -> str:
    """The stretch that was searched: "the last 28 days", "the last day"."""
    whole = round(days)
    return f"the last {whole} days" if whole > 1 else "the last day"
