"""Batches whose order is a function of seed and epoch alone, so that a resumed run meets what an unbroken one met."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from ml.tft.examples import Examples

STEPS_AN_EPOCH: Final = 100
"""Steps between two checkpoints and validations: some ten seconds on two cores."""
ON_CPU: Final = 512
ON_GPU: Final = 4_096
"""Examples of one step; on a GPU the most."""
_EXAMPLE: Final = 256 * 1024  # bytes that one takes while gradients are computed, at the widest network
_CHECKED: Final = 4_096


def fitting(free: int) -> int:
    """Examples of one step on a GPU with `free` bytes: a power of two that takes at most a quarter of them."""
    most = max(1, free // (4 * _EXAMPLE))
    return int(min(ON_GPU, 2 ** (most.bit_length() - 1)))


class Rows(Dataset[dict[str, Tensor]]):
    """Examples by lists of rows."""

    def __init__(self, found: Examples) -> None:
        self._tensors = {one.name: torch.from_numpy(getattr(found, one.name)) for one in fields(Examples)}
        self.size = len(found)

    def __getitem__(self, rows: list[int]) -> dict[str, Tensor]:
        chosen = torch.as_tensor(rows)
        return {name: tensor[chosen] for name, tensor in self._tensors.items()}


class Shuffled(Sampler[list[int]]):
    """STEPS_AN_EPOCH batches of rows drawn without order; lightning tells the epoch, also after a resume."""

    def __init__(self, size: int, batch: int, seed: int) -> None:
        self._size, self._batch, self._seed, self._epoch = size, batch, seed, 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        random = np.random.Generator(np.random.Philox([self._seed, self._epoch]))
        for _ in range(STEPS_AN_EPOCH):
            yield random.integers(self._size, size=self._batch).tolist()

    def __len__(self) -> int:
        return STEPS_AN_EPOCH


class InOrder(Sampler[list[int]]):
    """All rows once, in order."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __iter__(self) -> Iterator[list[int]]:
        for start in range(0, self._size, _CHECKED):
            yield list(range(start, min(start + _CHECKED, self._size)))

    def __len__(self) -> int:
        return (self._size + _CHECKED - 1) // _CHECKED


def training(found: Examples, batch: int, seed: int, pin: bool) -> DataLoader[dict[str, Tensor]]:
    rows = Rows(found)
    return DataLoader(rows, sampler=Shuffled(rows.size, batch, seed), batch_size=None, pin_memory=pin)


def validation(found: Examples) -> DataLoader[dict[str, Tensor]]:
    rows = Rows(found)
    return DataLoader(rows, sampler=InOrder(rows.size), batch_size=None)
