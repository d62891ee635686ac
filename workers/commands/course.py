"""The course of a drill: named steps with how long each took, what came of it, and whether it held.

Guards: a step that fails is kept with its reason and ends the course; nothing after it is claimed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from webapp.core.errors import ForewarnError
from workers.commands.report import say


@dataclass(frozen=True, slots=True)
class Step:
    """One step."""

    name: str
    ok: bool
    seconds: float
    detail: str


class Failed(Exception):
    """A step did not hold; its words are in the course."""


class Course:
    """The steps so far."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._began = time.monotonic()

    @property
    def total_s(self) -> float:
        """From the beginning of the course until now."""
        return round(time.monotonic() - self._began, 1)

    def note(self, name: str, seconds: float, ok: bool = True, detail: str = "") -> None:
        """Keep a step that was taken."""
        self.steps.append(Step(name, ok, round(seconds, 2), detail))
        say(f"{name}: {seconds:.1f} s{'' if ok else ', failed'}. {detail}".rstrip())

    def take(self, name: str, step: Callable[[], object]) -> None:
        """Do a step and note its time and what it says of itself. Raises Failed."""
        began = time.monotonic()
        try:
            ok, said = True, step()
        except ForewarnError as error:
            ok, said = False, error.message
        self.note(name, time.monotonic() - began, ok, said if isinstance(said, str) else "")
        if not ok:
            raise Failed(name)
