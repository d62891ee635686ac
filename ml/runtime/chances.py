"""Chances that a rule needs and the standard library has not. Pure."""

import math
from typing import Final

MANY: Final = 200
"""Degrees of freedom from which Student's distribution counts as the normal one."""


def student_tail(value: float, degrees: int) -> float:
    """How likely a Student variable of so many degrees of freedom, 1 or more, exceeds a value.

    The closed form for whole degrees: Abramowitz and Stegun 1964, 26.7.3 and 26.7.4.
    """
    if degrees >= MANY:
        return 0.5 * math.erfc(value / math.sqrt(2))
    angle = math.atan(abs(value) / math.sqrt(degrees))
    odd, square = degrees % 2, math.cos(angle) ** 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for step in range(odd + 1, degrees, 2):
        total += term
        term *= square * step / (step + 1)
    inside = math.sin(angle) * total
    inside = 2.0 / math.pi * (angle + inside) if odd else inside
    upper = 0.5 * (1.0 - inside)
    return upper if value >= 0 else 1.0 - upper


def student_quantile(normal: float, degrees: int) -> float:
    """Student's quantile for so many degrees of freedom, 4 or more, from the normal one.

    Cornish and Fisher's expansion: Abramowitz and Stegun 1964, 26.7.5. Within 0.3 % for 95 and 90 % intervals.
    """
    z, n = normal, degrees
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / n + second / n**2 + third / n**3
