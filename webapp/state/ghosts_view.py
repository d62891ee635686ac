"""An earlier forecast over the large chart, as plain values."""

from dataclasses import dataclass, replace

from webapp.charts import ghosts as drawn
from webapp.core.clock import tick_of, time_of
from webapp.core.policies.ghosts import score
from webapp.core.views.ghosts import GhostView
from webapp.state import ghosts_words as words
from webapp.state.server_view import moment

RESTS = "at now, no earlier forecast is shown; the left arrow shows one"


@dataclass(frozen=True)
class GhostKey:
    """Which server and metric, seen from which zone, and the tick that is asked for: 0 for no ghost."""

    stream: str
    zone: str
    name: str
    metric: str
    asked: int = 0


@dataclass(frozen=True)
class GhostPart:
    """What the page shows of it. Ticks are 0 for none; `asked` is what the last answer was to."""

    asked: int = 0
    tick: int = 0
    metric: str = ""
    band: str = ""
    median: str = ""
    title: str = ""
    held: str = ""
    error: str = ""
    why: str = ""
    aloud: str = RESTS
    first: int = 0
    before: int = 0
    after: int = 0
    last: int = 0


def part(key: GhostKey, view: GhostView) -> GhostPart:
    """The ghost of a key; without one asked for only the bounds of the handle."""
    bounds = GhostPart(key.asked, metric=key.metric, first=view.kept.first or 0, last=view.kept.last)
    if not key.asked:
        return bounds
    points, band, median = None, "", ""
    if view.fan is not None and view.truth is not None:
        points, stood = score(view.fan, view.truth), float(view.truth[0])
        band, median = drawn.band(view.fan, stood), drawn.median(view.fan, stood)
    return replace(
        bounds, tick=view.origin or 0, band=band, median=median, title=words.title(view, key.zone),
        held=words.held(points), error=words.error(view, points), why=words.why(view, key.zone),
        aloud=words.aloud(view, points, key.zone), before=view.kept.before or 0, after=view.kept.after or 0,
    )  # fmt: skip


def written(tick: int) -> str:
    """A tick as it stands in an address: a minute of UTC; empty for none."""
    return f"{time_of(tick):%Y-%m-%dT%H:%M}" if tick else ""


def read(text: str) -> int:
    """The tick that an address names, 0 for none or nonsense."""
    at = moment(text)
    return 0 if at is None else tick_of(at)
