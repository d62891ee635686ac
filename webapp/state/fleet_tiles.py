"""The fleet as squares by severity: a link each, or one path where there are too many for that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from webapp import routes
from webapp.charts import paths
from webapp.core.views.fleet import RiskView
from webapp.core.views.severity import Severity

_ALWAYS: Final = (Severity.CRITICAL, Severity.WARNING, Severity.WATCH, Severity.HEALTHY)
"""Severities that are drawn even when there is no such server."""
_TILE_LINKS: Final = 150
_REST_SIDE, _REST_PITCH, _REST_ROW = 6, 8, 60


@dataclass(frozen=True, slots=True)
class Tiles:
    """The servers of one severity as squares; `rest` is one path where there are too many for a link each."""

    severity: str
    label: str
    servers: str
    names: list[tuple[str, str]]
    rest: str
    rest_height: str


def tiles(every: Sequence[RiskView], stream: str) -> list[Tiles]:
    """The same servers as squares by severity."""
    found = []
    for one in Severity:
        mine = sorted(each.name for each in every if each.severity is one)
        if mine or one in _ALWAYS:
            linked = mine if len(mine) <= _TILE_LINKS else []
            rows = -(-(len(mine) - len(linked)) // _REST_ROW)
            found.append(Tiles(
                one.value, one.label, f"{len(mine):,}", [(name, routes.server(name, stream)) for name in linked],
                _field(len(mine) - len(linked)), str(rows * _REST_PITCH),
            ))  # fmt: skip
    return found


def _field(number: int) -> str:
    corners = [(index % _REST_ROW * _REST_PITCH, index // _REST_ROW * _REST_PITCH) for index in range(number)]
    return paths.squares(corners, _REST_SIDE)
