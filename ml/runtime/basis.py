"""A smooth basis over the lead steps: forecasts are drawn in it, so fans bend instead of jittering.

Cubic B-splines on a logarithmic lead axis: fine where the near future is still sharp, coarse later.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ml.schema import HORIZON


@cache
def lead_basis(size: int) -> NDArray[np.float64]:
    """The basis [H, size]; each row sums to one, so a constant is represented exactly."""
    warped = np.log1p(np.arange(HORIZON) / 4.0)
    position = warped / warped[-1] * (size - 3) * (1.0 - 1e-9)
    knot = np.floor(position).astype(np.int64)
    part = position - knot
    rest = 1.0 - part
    weights = np.stack([
        rest**3, 3 * part**3 - 6 * part**2 + 4, 3 * (part + part**2 - part**3) + 1, part**3,
    ], axis=1) / 6.0  # fmt: skip
    basis = np.zeros((HORIZON, size))
    for offset in range(4):
        basis[np.arange(HORIZON), knot + offset] = weights[:, offset]
    return basis


@cache
def lead_projection(size: int) -> NDArray[np.float64]:
    """Least-squares coefficients from a path: [H, size], to be multiplied from the right."""
    return np.asarray(np.linalg.pinv(lead_basis(size)).T)
