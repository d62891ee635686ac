"""What a playback plays: a simulated fleet, or a recorded file. Both give any tick on demand."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ml.contracts import Injection, Upkeep
from ml.generator import Generator, demo_fleet
from webapp.core.clock import now
from webapp.core.models.assets import Asset
from webapp.core.models.streams import Stream
from webapp.core.services import places
from webapp.core.services.playbacks import Block
from workers import recordings


class Driver(Protocol):
    """A source of ticks."""

    def assets(self) -> Sequence[Asset]:
        """The servers that it plays, as new rows."""

    def block(
        self,
        first: int,
        count: int,
        injections: Sequence[Injection],
        twins: Sequence[str],
        upkeep: Sequence[Upkeep] = (),
    ) -> Block:
        """`count` ticks from the absolute tick `first`; `upkeep` is maintenance that people planned."""


class Simulation:
    """The generator behind a simulated stream: its ticks count from the stream's epoch."""

    def __init__(self, stream: Stream) -> None:
        assert stream.id is not None and stream.seed is not None, "a simulated stream has a seed"
        self._stream_id, self._epoch = stream.id, stream.epoch_tick
        self._fleet = demo_fleet(stream.servers, stream.seed)
        self._generator = Generator(self._fleet)

    def assets(self) -> Sequence[Asset]:
        windows: dict[str, list[list[int]]] = {}
        for one in self._fleet.maintenance:
            windows.setdefault(one.asset, []).append([one.start, one.length])
        return [
            Asset(
                stream_id=self._stream_id, name=asset.name, profile=asset.profile, told_profile=asset.profile,
                depends_on=list(asset.depends_on),
                maintenance=windows.get(asset.name, []), added_at=now(),
            )
            for asset in self._fleet.assets
        ]  # fmt: skip

    def block(
        self,
        first: int,
        count: int,
        injections: Sequence[Injection],
        twins: Sequence[str],
        upkeep: Sequence[Upkeep] = (),
    ) -> Block:
        ticks = self._generator.ticks(first - self._epoch, count, injections, None, upkeep)
        if not twins:
            return Block(first, ticks.assets, ticks.values)
        clean = self._generator.ticks(first - self._epoch, count, (), twins, upkeep)
        return Block(first, ticks.assets, ticks.values, tuple(twins), clean.values)


class Recording:
    """A recorded trace; where it has no value there is a gap, never a made-up one."""

    def __init__(self, stream: Stream, path: str) -> None:
        assert stream.id is not None
        self._stream_id = stream.id
        self._trace = recordings.load(places.found(path))

    def assets(self) -> Sequence[Asset]:
        pairs = zip(self._trace.assets, self._trace.profiles, strict=True)
        return [
            Asset(stream_id=self._stream_id, name=name, profile=one, told_profile=one, added_at=now())
            for name, one in pairs
        ]

    def block(
        self,
        first: int,
        count: int,
        injections: Sequence[Injection],
        twins: Sequence[str],
        upkeep: Sequence[Upkeep] = (),
    ) -> Block:
        start = first - self._trace.first
        return Block(first, self._trace.assets, np.array(self._trace.values[max(0, start) : max(0, start + count)]))


def open_driver(stream: Stream, path: str | None) -> Driver:
    """The driver of a stream."""
    return Simulation(stream) if path is None else Recording(stream, path)
