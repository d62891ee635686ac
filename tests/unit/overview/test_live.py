"""A view is made once for all who show it, and only what differs is sent."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from webapp.state import live as lives
from webapp.state.live import Live


@dataclass(frozen=True)
class View:
    text: str = ""
    clock: int = 0


class Tab:
    """What the live views need of a tab's state; notes what is assigned."""

    def __init__(self, token):
        object.__setattr__(self, "set", [])
        self.__dict__["router"] = SimpleNamespace(session=SimpleNamespace(client_token=token))

    def __setattr__(self, name, value):
        self.set.append(name)
        self.__dict__[name] = value

    async def get_state(self, _cls):
        return self


class App:
    """An app whose tabs are all connected."""

    def __init__(self, *tabs):
        self.tabs = {tab.router.session.client_token: tab for tab in tabs}
        self.event_namespace = SimpleNamespace(token_to_sid=self.tabs)

    @asynccontextmanager
    async def modify_state(self, token):
        yield self.tabs[token.ident]


class Source:
    """Where views come from; counts how often it was asked."""

    def __init__(self):
        self.view, self.asked = View("first"), 0

    async def make(self, _key):
        self.asked += 1
        return self.view


@pytest.fixture
def source(monkeypatch):
    monkeypatch.setattr(lives, "_pages", [])
    monkeypatch.setattr(lives.rx, "BaseStateToken", lambda ident, cls: SimpleNamespace(ident=ident))
    return Source()


def build(source, **options):
    return Live(lambda: Tab, source.make, lambda key: key, **options)


def test_opening_assigns_every_field(source):
    tab = Tab("a")
    asyncio.run(build(source).open(tab, "demo"))
    assert (tab.text, sorted(tab.set)) == ("first", ["clock", "text"])


def test_a_change_is_made_once_and_handed_to_every_tab(source):
    tabs = [Tab(name) for name in "abc"]

    async def play():
        views = build(source)
        for tab in tabs:
            await views.open(tab, "demo")
        source.view, source.asked = View("second"), 0
        await views.write(App(*tabs), "demo")

    asyncio.run(play())
    assert [tab.text for tab in tabs] == ["second"] * 3
    assert source.asked == 1


def test_only_what_differs_is_assigned(source):
    tab = Tab("a")

    async def play():
        views = build(source)
        await views.open(tab, "demo")
        tab.set.clear()
        source.view = View("first", clock=5)
        await views.write(App(tab), "demo")

    asyncio.run(play())
    assert tab.set == ["clock"]


def test_what_only_ticks_is_not_sent(source):
    tab = Tab("a")

    async def play():
        views = build(source, moving=("clock",))
        await views.open(tab, "demo")
        tab.set.clear()
        source.view = View("first", clock=5)
        await views.write(App(tab), "demo")

    asyncio.run(play())
    assert tab.set == []


def test_a_change_of_another_stream_concerns_nobody(source):
    tab = Tab("a")

    async def play():
        views = build(source)
        await views.open(tab, "demo")
        source.asked = 0
        await views.write(App(tab), "other")

    asyncio.run(play())
    assert source.asked == 0


def test_a_tab_that_opens_another_page_leaves_this_one(source):
    tab, other = Tab("a"), Source()

    async def play():
        views, pages = build(source), build(other)
        await views.open(tab, "demo")
        await pages.open(tab, "demo")
        source.asked = 0
        await views.write(App(tab), "demo")

    asyncio.run(play())
    assert source.asked == 0


def test_a_kept_view_is_not_made_again_until_its_stream_changes(source):
    async def play():
        views = build(source, keepable=True)
        for name in "abc":
            await views.open(Tab(name), "demo")
        first = source.asked
        await views.write(App(), "demo")
        await views.open(Tab("d"), "demo")
        return first

    assert asyncio.run(play()) == 1
    assert source.asked == 2


def test_a_state_made_anew_for_the_same_tab_is_filled_again(source):
    again = Tab("a")

    async def play():
        views = build(source)
        await views.open(Tab("a"), "demo")
        await views.open(again, "demo")

    asyncio.run(play())
    assert sorted(again.set) == ["clock", "text"]


def test_a_failed_view_is_made_again(source):
    async def play():
        views = build(source, keepable=True)
        answers = iter([ValueError("no"), View("second")])

        async def make(_key):
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

        views._make = make
        with pytest.raises(ValueError, match="no"):
            await views.open(Tab("a"), "demo")
        tab = Tab("a")
        await views.open(tab, "demo")
        return tab.text

    assert asyncio.run(play()) == "second"


def test_a_page_takes_along_what_it_holds(source):
    tab, inside = Tab("a"), build(source, page=False)

    async def play():
        page, other = build(source, holds=(inside,)), build(source)
        await page.open(tab, "demo")
        await inside.open(tab, "demo")
        shown = inside.at("a")
        await other.open(tab, "demo")
        return shown

    assert asyncio.run(play()) == "demo"
    assert inside.at("a") is None
