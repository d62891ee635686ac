"""The dependency graph: who needs whom, as text and as circles. Pure.

A graph maps a server to the ones that it depends on. Real systems have circles, so they are named, not refused; an
edge to itself and a name that nobody has are mistakes.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Final

from webapp.core.errors import FieldError, Invalid
from webapp.core.policies.audit import harmless

Graph = Mapping[str, tuple[str, ...]]
MOST_EDGES: Final = 20_000
MOST_NEEDED: Final = 50
"""Servers that one may depend on."""
_HEAD: Final = ("server", "depends_on")
_ARROW: Final = " -> "


def parse(text: str, named: Callable[[str], str | None]) -> dict[str, tuple[str, ...]]:
    """Edges from lines like `web-1 -> pg-2` or `web-1,pg-2`; `named` gives a server's present name, None for nobody.

    Raises Invalid that names the line.
    """
    found: dict[str, dict[str, None]] = {}
    for edges, (number, pair) in enumerate(_lines(text)):
        if edges >= MOST_EDGES:
            raise _wrong(f"there are more than {MOST_EDGES} edges", None)
        try:
            server, needed = (_known(one, named) for one in _two(pair))
            check(server, needed, len(found.setdefault(server, {})))
        except ValueError as error:
            raise _wrong(str(error), number) from None
        found[server][needed] = None
    return {server: tuple(needs) for server, needs in found.items()}


def check(server: str, needed: str, already: int) -> None:
    """ValueError, in words, for an edge that cannot be."""
    if server == needed:
        raise ValueError(f"{server} cannot depend on itself")
    if already >= MOST_NEEDED:
        raise ValueError(f"{server} would depend on more than {MOST_NEEDED} servers")


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """(number, names) of every line that says something."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if _ARROW in line:
            yield number, [part.strip() for part in line.split(_ARROW)]
            continue
        pair = [part.strip() for part in next(csv.reader([line], skipinitialspace=True), [])]
        if tuple(pair) != _HEAD:
            yield number, pair


def _two(pair: Sequence[str]) -> Sequence[str]:
    if len(pair) != 2 or not all(pair):
        raise ValueError('write an edge as "web-1 -> pg-2" or "web-1,pg-2"')
    return pair


def _known(name: str, named: Callable[[str], str | None]) -> str:
    found = named(name) or (named(name[1:]) if name.startswith("'") else None)  # as `as_csv` writes it
    if found is None:
        raise ValueError(f"there is no server {name[:60]}")
    return found


def _wrong(message: str, line: int | None) -> Invalid:
    where = "The dependencies" if line is None else f"Line {line} of the dependencies"
    return Invalid(f"{where}: {message}.", (FieldError("dependencies", message, line),))


def written(graph: Graph) -> str:
    """The graph as it is edited, an edge a line."""
    return "".join(f"{server}{_ARROW}{needed}\n" for server, needs in graph.items() for needed in needs)


def as_csv(graph: Graph) -> str:
    """The graph as CSV with a head. A name that a spreadsheet would run as a formula gets an apostrophe in front."""
    out = StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(_HEAD)
    table.writerows((harmless(server), harmless(needed)) for server, needs in graph.items() for needed in needs)
    return out.getvalue()


def needed_by(graph: Graph, name: str) -> tuple[str, ...]:
    """Who depends on a server."""
    return tuple(server for server, needs in graph.items() if name in needs)


def circles(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Groups of servers that depend on each other in a circle (strongly connected, after Tarjan 1972), by name."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    held: set[str] = set()
    found: list[tuple[str, ...]] = []
    for start in graph:
        work = [] if start in order else [(start, iter(graph[start]))]
        while work:
            server, needs = work[-1]
            if server not in order:
                order[server] = low[server] = len(order)
                stack.append(server)
                held.add(server)
            following = next((one for one in needs if one not in order or one in held), None)
            if following is not None and following not in order:
                work.append((following, iter(graph.get(following, ()))))
                continue
            if following is not None:
                low[server] = min(low[server], order[following])
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[server])
            if low[server] == order[server]:
                group = _popped(stack, held, server)
                found += [group] if len(group) > 1 else []
    return tuple(sorted(found))


def _popped(stack: list[str], held: set[str], last: str) -> tuple[str, ...]:
    place = stack.index(last)
    group = stack[place:]
    del stack[place:]
    held.difference_update(group)
    return tuple(sorted(group))
