"""Views that keep themselves up to date: one computation per view, handed to every tab that shows it.

A page's state follows a view when it opens (`Live.open`) and is then rewritten by the hub
through `Live.write`. Only fields that differ from what the tab shows are sent. Each tab keeps
a state of its own: Reflex's linked states hold one lock for all that share a view, and two
tabs that swap views would wait for each other for ever.
"""

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import fields
from typing import Any, Generic, TypeVar

import reflex as rx

from webapp.realtime.audience import Audience
from webapp.state import session

Key = TypeVar("Key", bound=Hashable)
_KEPT = 64  # views kept for the next tab that asks for the same one
_pages: "list[Live[Any]]" = []


class Live(Generic[Key]):
    """One kind of view: `make(key)` computes it as a frozen dataclass whose fields are vars of `state`.

    `state()` gives the class (it is defined later in the same file, with its handlers);
    `stream_of(key)` names the stream whose changes concern a view; "" means every stream.
    `moving` fields count on in the browser by themselves: when only they differ, nothing is
    sent. A view that is `keepable` says nothing of the moment at which it was made, so a tab that
    opens later gets the same one. A tab shows one `page` at a time, which
    takes along the views that it `holds`.
    """

    def __init__(
        self,
        state: Callable[[], type[rx.State]],
        make: Callable[[Key], Awaitable[Any]],
        stream_of: Callable[[Key], str],
        moving: tuple[str, ...] = (),
        page: bool = True,
        keepable: bool = False,
        holds: "tuple[Live[Any], ...]" = (),
    ) -> None:
        self._state = state
        self._make = make
        self._stream_of = stream_of
        self._moving = frozenset(moving)
        self._keepable = keepable
        self._audience: Audience[Key] = Audience()
        self._shown: weakref.WeakKeyDictionary[rx.State, Any] = weakref.WeakKeyDictionary()
        self._kept: dict[Key, asyncio.Future[Any]] = {}
        self._holds = holds
        if page:
            _pages.append(self)

    async def open(self, state: rx.State, key: Key) -> None:
        """Show a view in the tab of this handler's `state`, and keep it up to date from now on."""
        token = session.token(state)
        for other in _pages if self in _pages else ():
            other.close(token)
        self._audience.follow(token, key)
        self._put(state, await self._view(key))

    def close(self, token: str) -> None:
        """The tab shows this kind of view no more."""
        self._audience.leave(token)
        for one in self._holds:
            one.close(token)

    def at(self, token: str) -> Key | None:
        """Which view of this kind the tab shows."""
        return self._audience.at(token)

    def watched(self, app: rx.App) -> bool:
        """Whether any tab shows this kind of view."""
        return bool(self._audience.views(lambda token: connected(app, token)))

    async def write(self, app: rx.App, slug: str) -> None:
        """Compute each watched view of a stream anew and hand it out."""
        self._kept = {key: view for key, view in self._kept.items() if self._stream_of(key) not in ("", slug)}
        for key, tokens in self._audience.views(lambda token: connected(app, token)).items():
            if self._stream_of(key) in ("", slug):
                view = await self._view(key)
                await asyncio.gather(*(self._send(app, token, key, view) for token in tokens))

    async def _view(self, key: Key) -> Any:
        """The view, made once for all who ask for it between two changes."""
        if not self._keepable:
            return await self._make(key)
        made = self._kept.get(key)
        if made is None or (made.done() and (made.cancelled() or made.exception())):
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            made = self._kept[key] = asyncio.ensure_future(self._make(key))
        return await asyncio.shield(made)

    async def _send(self, app: rx.App, token: str, key: Key, view: Any) -> None:
        async with app.modify_state(rx.BaseStateToken(ident=token, cls=self._state())) as root:
            state = await root.get_state(self._state())
            shown = self._shown.get(state)
            moved = self._audience.at(token) != key  # while this waited for its turn
            if not moved and (shown is None or not changed(view, shown) <= self._moving):
                self._put(state, view)

    def _put(self, state: rx.State, view: Any) -> None:
        """Assign what differs from what this very state holds; a state that was made anew holds nothing."""
        shown = self._shown.get(state)
        names = {one.name for one in fields(view)} if shown is None else changed(view, shown)
        for name in names:
            setattr(state, name, getattr(view, name))
        self._shown[state] = view


def changed(view: Any, shown: Any) -> set[str]:
    """The names of the fields in which two views differ."""
    return {one.name for one in fields(view) if getattr(view, one.name) != getattr(shown, one.name)}


def connected(app: rx.App, token: str) -> bool:
    """Whether a tab has its socket open."""
    return app.event_namespace is not None and token in app.event_namespace.token_to_sid
