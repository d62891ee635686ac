"""The temporal fusion transformer of pytorch-forecasting, folded into numpy: the same numbers without torch.

Every variable is one number, so its embedding and the first layer of its gated residual network are one affine map,
and what its residual path adds depends on that number alone. Dropout is nothing at serving time. Arrays are features
first and series last, which keeps every pass over memory long and contiguous. After Lim et al. (2021).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Floats

_EPSILON: Final = np.float32(1e-5)
_HALF: Final = np.float32(0.5)
Tensors = Mapping[str, NDArray[np.generic]]


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(-x)), in place; by its tangent, which numpy has twice as fast as an exponential."""
    x *= _HALF
    np.tanh(x, out=x)
    x *= _HALF
    x += _HALF
    return x


def elu(x: Floats) -> Floats:
    """x above 0, exp(x) - 1 below, in place."""
    low = np.minimum(x, np.float32(0.0))
    np.exp(low, out=low)  # several times as fast as expm1, and as exact as float32 sums are
    low -= np.float32(1.0)
    np.maximum(x, np.float32(0.0), out=x)
    x += low
    return x


def softmax(x: Floats) -> Floats:
    """Over the first axis, in place."""
    x -= x.max(axis=0)
    np.exp(x, out=x)
    x /= x.sum(axis=0)
    return x


def resample(size: int, to: int) -> Floats:
    """Linear interpolation of `size` features to `to` as a matrix [to, size], ends on ends."""
    if size == to:
        return np.eye(size, dtype=np.float32)
    at = np.linspace(0.0, size - 1.0, to)
    return np.stack([np.interp(at, np.arange(size), row) for row in np.eye(size)], axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Linear:
    """weight [out, in] and bias [out, 1]."""

    weight: Floats
    bias: Floats

    def __call__(self, x: Floats) -> Floats:
        """[out, ...] from [in, ...]."""
        out = self.weight @ x.reshape(len(x), -1)
        out += self.bias
        return out.reshape(-1, *x.shape[1:])


@dataclass(frozen=True, slots=True)
class Norm:
    """Layer normalisation over the features, with gain and offset [features, 1]."""

    gain: Floats
    offset: Floats

    def __call__(self, x: Floats) -> Floats:
        """Normalised in place."""
        shape = x.shape
        x = x.reshape(len(x), -1)
        x -= np.full(len(x), 1.0 / len(x), np.float32) @ x  # the mean, in a matrix product's time
        spread = np.einsum("fb,fb->b", x, x)
        spread /= np.float32(len(x))
        spread += _EPSILON
        np.sqrt(spread, out=spread)
        x /= spread
        x *= self.gain
        x += self.offset
        return x.reshape(shape)


@dataclass(frozen=True, slots=True)
class Gate:
    """A gated linear unit, what is added to it, and the norm of both."""

    linear: Linear
    norm: Norm

    def __call__(self, x: Floats, skip: Floats) -> Floats:
        return self.norm(glu(self.linear(x)) + skip)


def glu(both: Floats) -> Floats:
    half = len(both) // 2
    out = both[:half]
    out *= sigmoid(both[half:])
    return out


@dataclass(frozen=True, slots=True)
class Residual:
    """A gated residual network of equal input and output size; its second layer is folded into the gate."""

    first: Linear
    gate: Gate
    context: Floats | None

    def __call__(self, x: Floats, context: Floats | None = None) -> Floats:
        """[H, ..., B] from [H, ..., B]; `context` [H, B] holds for all steps."""
        hidden = self.first(x)
        if context is not None and self.context is not None:
            told = self.context @ context
            hidden += told.reshape(len(told), *(1,) * (x.ndim - 2), -1)
        return self.gate(elu(hidden), x)


class Reader:
    """Finds layers by pytorch-forecasting's names; KeyError names a tensor that is missing."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors

    def __contains__(self, name: str) -> bool:
        return name in self.tensors

    def tensor(self, name: str) -> Floats:
        return np.asarray(self.tensors[name], np.float32)

    def linear(self, name: str) -> Linear:
        return Linear(self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias")[:, None])

    def norm(self, name: str) -> Norm:
        return Norm(self.tensor(f"{name}.weight")[:, None], self.tensor(f"{name}.bias")[:, None])

    def gate(self, name: str) -> Gate:
        return Gate(self.linear(f"{name}.glu.fc"), self.norm(f"{name}.add_norm.norm"))

    def folded(self, name: str) -> Linear:
        """The second layer of a gated residual network and its gate's linear map as one."""
        second, gate = self.linear(f"{name}.fc2"), self.linear(f"{name}.gate_norm.glu.fc")
        return Linear(gate.weight @ second.weight, gate.weight @ second.bias + gate.bias)

    def residual(self, name: str) -> Residual:
        context = self.tensor(f"{name}.context.weight") if f"{name}.context.weight" in self else None
        gate = Gate(self.folded(name), self.norm(f"{name}.gate_norm.add_norm.norm"))
        return Residual(self.linear(f"{name}.fc1"), gate, context)

    def masked(self, name: str, size: int) -> Floats:
        """The affine part of a resample-and-norm, [out, size]: interpolation times its learnt mask."""
        mask = self.tensor(f"{name}.mask")
        return np.asarray(resample(size, len(mask)) * (2.0 / (1.0 + np.exp(-mask)))[:, None], np.float32)
