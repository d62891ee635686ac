"""Steps of the tests about shadows: versions made of the shipped one, played hours, what the shadow worker does."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ml.artifacts import read, write
from tests.integration.core.steps import cycle, driver
from webapp.core.repositories import model_versions
from webapp.core.services import champions, playbacks, promotions, shadows, streams
from webapp.core.services.playbacks import Held
from webapp.core.uow import unit_of_work
from workers.actors import shadow


def version_of(folder: Path, version: str, *, noise: float = 0.0) -> Path:
    """The shipped artefact under another number; with `noise` on its weights a worse one."""
    manifest, _, tensors = read(champions.SHIPPED)
    draws = np.random.default_rng(3)
    made = {
        name: (one + noise * one.std() * draws.standard_normal(one.shape)).astype(one.dtype)
        if noise and name.startswith(("known.", "stranger.")) and name.endswith("weight")
        else one
        for name, one in tensors.items()
    }
    out = folder / f"fleet-tft-{version}"
    write(out, made, replace(manifest, version=version, files={}))
    return out


def serve(folder: Path, version: str, *, noise: float = 0.0, by: str = "ann") -> int:
    """Let another version serve, as an approval does; its id."""
    with unit_of_work() as uow:
        stream = streams.find(uow.session, streams.DEMO, lock=True)
        made = champions.register(uow.session, version_of(folder, version, noise=noise))
        slot = model_versions.slot(uow.session, stream.id or 0)
        assert slot is not None and made.id is not None
        promotions.move(uow, stream, slot.moves, made, promotions.Kind.PROMOTION, by, "better")
        return made.id


def candidate(lease: Held, folder: Path, version: str = "2.0.0", *, noise: float = 0.0) -> int:
    """A version that shadows the demo fleet from its next origin on; its id."""
    with unit_of_work() as uow:
        made = champions.register(uow.session, version_of(folder, version, noise=noise))
        assert made.id is not None
        assert shadows.begin(uow, lease.stream_id, made.id, shadows.Why.CANDIDATE) is not None
        return made.id


def play(lease: Held, ticks: int, *, shadow: bool = False, lost: int = 0) -> None:
    """Some ticks, the full hours of them forecast; with `shadow` by the shadows too, `lost` servers unobserved."""
    source = driver(lease)
    for _ in range(ticks):
        turn = playbacks.turn(lease)
        block = source.block(turn.next_tick, 1, turn.injections, turn.twins, turn.upkeep)
        block.values[:, :lost] = np.nan
        assert playbacks.write(lease, block, played=turn)
        tick = playbacks.source(lease).tick
        assert tick is not None
        if tick % 12 == 0:
            cycle(lease.stream_id, tick)
            if shadow:
                shadow_cycle(lease)


def shadow_cycle(lease: Held) -> None:
    """What the shadow worker does when it is asked."""
    shadow.shadow_run.fn(lease.stream_id)
