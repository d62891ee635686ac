"""`forewarn drift`: what was found on a stream, and why there was a training or none."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.options import AsJson, DataDir

if TYPE_CHECKING:
    from webapp.core.views.drift_reports import DriftEpisodeView, DriftSnapshot

_SPACE = "\u00a0"  # a terminal may show it as something else


def drift(
    stream: Annotated[str, typer.Option(help="The stream.")] = "fleet-demo",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Print a stream's drift: what is open, what was, and the last decision whether to train."""
    place.settle(data_dir)
    place.need_schema()
    from webapp.core.policies import drift_words as words
    from webapp.core.services import drift_pages

    found = drift_pages.snapshot(stream)
    if as_json:
        print(json.dumps(asdict(found), default=str))
        return
    print(words.sentence(found, "UTC").replace(_SPACE, " "))
    print(_tested(found))
    if found.episodes:
        heads = ("drift of", "began, UTC", "found", "over", "what", "loss")
        tables.show(heads, [_line(one) for one in found.episodes])
    if found.decisions:
        last = found.decisions[0]
        print(f"{'Trained' if last.retrain else 'No training'}: {last.reason}".replace(_SPACE, " "))


def _tested(found: "DriftSnapshot") -> str:
    from webapp.core.policies import drift_words as words

    made = sum(one.why_not is None for cell in found.cells for one in cell.tests)
    last = "never" if found.looked_at is None else f"{found.looked_at:%Y-%m-%d %H:%M} UTC"
    return f"{made} tests; last look {last}. {words.waiting(found) or 'Every test has its reference.'}".replace(
        _SPACE, " "
    )


def _line(one: "DriftEpisodeView") -> tuple[str, ...]:
    from webapp.core.policies import drift_words as words

    over = "open" if one.closed_at is None else f"{one.closed_at:%Y-%m-%d %H:%M}"
    loss = "unknown" if one.cost is None else f"{one.cost:+.0%}"
    return (
        words.cell(one.group, one.metric), f"{one.since_at:%Y-%m-%d %H:%M}", f"{one.opened_at:%Y-%m-%d %H:%M}", over,
        one.said.removeprefix("has been ").replace(_SPACE, " "), loss,
    )  # fmt: skip
