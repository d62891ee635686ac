"""One thing that has to hold, whether it does, and what to do when it does not."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """`detail` is what was found, `fix` what a person can do about it when it does not hold."""

    name: str
    ok: bool
    detail: str
    fix: str = ""
