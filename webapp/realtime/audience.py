"""Who looks at what: browser tabs grouped by the view that they share.

A view (stream, zone, query) is computed once per change and handed to every tab that shows
it. A tab has one seat per audience; taking another view moves it. Nothing here is private
data, and a tab that went away is dropped at the next write.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

View = TypeVar("View", bound=Hashable)


class Audience(Generic[View]):
    """The tabs that look at one kind of view, by client token."""

    def __init__(self) -> None:
        self._seats: dict[str, View] = {}

    def follow(self, token: str, view: View) -> None:
        """From now on `token` looks at `view`, and at nothing else here."""
        self._seats[token] = view

    def leave(self, token: str) -> None:
        """`token` looks at nothing here any more."""
        self._seats.pop(token, None)

    def at(self, token: str) -> View | None:
        """What `token` looks at."""
        return self._seats.get(token)

    def views(self, connected: Callable[[str], bool]) -> dict[View, tuple[str, ...]]:
        """Each view with the connected tabs that show it; the others lose their seat."""
        for token in [one for one in self._seats if not connected(one)]:
            del self._seats[token]
        grouped: dict[View, list[str]] = {}
        for token, view in self._seats.items():
            grouped.setdefault(view, []).append(token)
        return {view: tuple(tokens) for view, tokens in grouped.items()}

    def __len__(self) -> int:
        return len(self._seats)
