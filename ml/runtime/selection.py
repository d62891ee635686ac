"""Variable selection of the temporal fusion transformer, folded: every variable is one number or one category.

A variable's network depends on its own number alone, so its embedding and first layer are one affine map, and the
path around it has a closed form. A category's contribution is a row of a table. See `ml.runtime.network`.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.runtime.features import Rows
from ml.runtime.network import Linear, Norm, Reader, elu, sigmoid, softmax

_EPSILON: Final = np.float32(1e-5)


class Variables:
    """The networks of V numbers side by side: [V, ..., n] becomes [V, H, n]."""

    def __init__(self, read: Reader, name: str, numbers: Sequence[str]) -> None:
        scalers = [read.linear(f"prescalers.{one}") for one in numbers]
        firsts = [read.linear(f"{name}.single_variable_grns.{one}.fc1") for one in numbers]
        folded = [read.folded(f"{name}.single_variable_grns.{one}") for one in numbers]
        norms = [read.norm(f"{name}.single_variable_grns.{one}.gate_norm.add_norm.norm") for one in numbers]
        self._slope = np.stack([f.weight @ s.weight for f, s in zip(firsts, scalers, strict=True)])
        self._start = np.stack([f.weight @ s.bias + f.bias for f, s in zip(firsts, scalers, strict=True)])
        self._weight = np.stack([one.weight for one in folded])
        self._bias = np.stack([one.bias for one in folded])
        self._gain = np.stack([one.gain for one in norms])
        self._offset = np.stack([one.offset for one in norms])
        self._around = [
            self._skip(read, f"{name}.single_variable_grns.{one}", s) for one, s in zip(numbers, scalers, strict=True)
        ]
        self._rise = np.stack([one[0] for one in self._around])
        self._base = np.stack([one[1] for one in self._around])
        self._skip_gain = np.stack([one[2].gain for one in self._around])
        self._skip_offset = np.stack([one[2].offset for one in self._around])
        self._mean = np.full((1, self._rise.shape[1]), 1.0 / self._rise.shape[1], np.float32)
        self._square = np.mean(np.square(self._rise), axis=1, keepdims=True)
        self._cross = np.mean(2.0 * self._rise * self._base, axis=1, keepdims=True)
        self._rest = np.mean(np.square(self._base), axis=1, keepdims=True) + _EPSILON

    @staticmethod
    def _skip(read: Reader, name: str, scaler: Linear) -> tuple[Floats, Floats, Norm]:
        """The path around a variable's network before its norm, centred: rise and base [H, 1] in the variable."""
        matrix = read.masked(f"{name}.resample_norm", len(scaler.weight))
        rise, base = matrix @ scaler.weight, matrix @ scaler.bias
        return rise - rise.mean(), base - base.mean(), read.norm(f"{name}.resample_norm.norm")

    def __call__(self, x: Floats) -> Floats:
        x = x[:, None, :]
        both = self._weight @ elu(self._slope * x + self._start)
        both += self._bias
        half = both.shape[1] // 2
        out = both[:, :half]
        out *= sigmoid(both[:, half:])
        around = self._rise * x
        around += self._base
        around /= np.sqrt((self._square * x + self._cross) * x + self._rest)
        around *= self._skip_gain
        around += self._skip_offset
        out += around
        out -= self._mean @ out
        spread = np.einsum("vhn,vhn->vn", out, out)
        spread /= np.float32(half)
        spread += _EPSILON
        out /= np.sqrt(spread)[:, None, :]
        out *= self._gain
        out += self._offset
        return out


class Selection:
    """A variable selection network; `categories` come before `numbers`, each with the size of its embedding."""

    def __init__(self, read: Reader, name: str, numbers: Sequence[str], categories: Sequence[str] = ()) -> None:
        self.variables = Variables(read, name, numbers)
        self._tables = [read.tensor(f"input_embeddings.embeddings.{one}.weight") for one in categories]
        self._shown = [
            self._category(read, f"{name}.single_variable_grns.{one}", table)
            for one, table in zip(categories, self._tables, strict=True)
        ]
        scalers = [read.linear(f"prescalers.{one}") for one in numbers]
        self._flat(read, f"{name}.flattened_grn", scalers)

    @staticmethod
    def _category(read: Reader, name: str, table: Floats) -> Floats:
        """What each category contributes, [categories, H]."""
        mixed = (
            read.masked(name, table.shape[1]) if f"{name}.mask" in read else np.eye(table.shape[1], dtype=np.float32)
        ) @ table.T
        return np.ascontiguousarray(read.norm(f"{name}.norm")(np.ascontiguousarray(mixed)).T)

    def _flat(self, read: Reader, name: str, scalers: Sequence[Linear]) -> None:
        first, size = read.linear(f"{name}.fc1"), sum(table.shape[1] for table in self._tables)
        width = size + sum(len(one.weight) for one in scalers)
        around = read.masked(f"{name}.resample_norm", width)
        slopes, start = np.zeros((width, len(scalers)), np.float32), np.zeros((width, 1), np.float32)
        place = size
        for column, one in enumerate(scalers):
            here = slice(place, place + len(one.weight))
            slopes[here, column : column + 1], start[here] = one.weight, one.bias
            place += len(one.weight)
        both = np.concatenate([first.weight, around])
        self._affine = Linear(
            both @ slopes, both @ start + np.concatenate([first.bias, np.zeros((len(around), 1), np.float32)])
        )
        ends = np.cumsum([0, *(table.shape[1] for table in self._tables)])
        self._told = [
            np.ascontiguousarray((both[:, a:b] @ table.T).T)
            for (a, b), table in zip(pairwise(ends), self._tables, strict=True)
        ]
        self._inner = len(first.weight)
        self._gate, self._skip_norm = read.folded(name), read.norm(f"{name}.resample_norm.norm")
        self._norm = read.norm(f"{name}.gate_norm.add_norm.norm")
        self._context = read.tensor(f"{name}.context.weight") if f"{name}.context.weight" in read else None

    def weights(self, x: Floats, context: Floats | None, chosen: Sequence[Rows]) -> Floats:
        """How much each variable counts, [V, ..., B]; sums to one."""
        mixed = self._affine(x)
        for table, rows in zip(self._told, chosen, strict=True):
            mixed += table[rows].T
        hidden, around = mixed[: self._inner], self._skip_norm(mixed[self._inner :])
        if context is not None and self._context is not None:
            told = self._context @ context
            hidden += told.reshape(len(told), *(1,) * (x.ndim - 2), -1)
        both = self._gate(elu(hidden))
        half = len(both) // 2
        return softmax(self._norm(both[:half] * sigmoid(both[half:]) + around))

    def __call__(self, x: Floats, context: Floats | None = None, chosen: Sequence[Rows] = ()) -> tuple[Floats, Floats]:
        """The selected mixture [H, ..., B] of numbers [V, ..., B] and categories, and the weights [V, ..., B]."""
        weights = self.weights(x, context, chosen)
        shape = x.shape[1:]
        shown = self.variables(x.reshape(len(x), -1))
        share = weights.reshape(len(weights), -1)
        numbers = share[len(chosen) :]
        shown *= numbers[:, None, :]
        mixed = shown.sum(axis=0)
        for place, (table, rows) in enumerate(zip(self._shown, chosen, strict=True)):
            mixed += table[rows].T * share[place]
        return mixed.reshape(-1, *shape), weights
