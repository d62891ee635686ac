"""Who changed what, when and why; and whether the chain still holds."""

import asyncio
from datetime import timedelta
from typing import Any

import reflex as rx

from webapp.core.clock import now
from webapp.core.errors import Unavailable
from webapp.core.policies.roles import Role
from webapp.core.services import audit
from webapp.core.views.audit import Verdict
from webapp.state import session
from webapp.state.audit_build import build
from webapp.state.audit_view import FILTERS, PAGE, AuditKey, AuditPage, AuditRow
from webapp.state.guard import requires
from webapp.state.live import Live
from webapp.state.shell import chosen

EVERY_S = 2.0
VERIFY_EVERY = timedelta(minutes=5)
"""The whole chain is read anew this often while somebody looks: about 35 ms for a thousand entries."""


class Watch:
    """What the last verification found, and what the tabs that look were told last."""

    verdict: Verdict | None = None
    told: tuple[int, Verdict | None] | None = None


async def make(key: AuditKey) -> AuditPage:
    """The page of one view."""
    try:
        found = await asyncio.to_thread(audit.snapshot, key.wanted, key.from_number, PAGE)
    except Unavailable as error:
        return AuditPage(trouble=f"The audit cannot be read: {error.message}", loaded=True)
    return build(key, found, Watch.verdict)


views = Live[AuditKey](lambda: Audit, make, lambda _key: "", moving=("seen_at",))


class Audit(rx.State):
    """The audit page; its vars are the fields of `AuditPage`."""

    sentence: str = ""
    behind: str = ""
    rows: list[AuditRow] = []
    people: list[tuple[str, str]] = []
    nouns: list[tuple[str, str]] = []
    actions: list[tuple[str, str]] = []
    since: str = ""
    until: str = ""
    person: str = ""
    noun: str = ""
    action: str = ""
    subject: str = ""
    every: str = ""
    first: str = ""
    older: str = ""
    chain: str = ""
    chain_tone: str = ""
    checked_at: float = 0
    seen_at: float = 0
    trouble: str = ""
    loaded: bool = False

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show what the address selects."""
        await views.open(self, await self._key())

    @rx.event
    @requires(Role.VIEWER)
    async def pick(self, name: str, value: str) -> rx.event.EventSpec | None:
        """Another value of one filter: the address holds it."""
        return rx.redirect((await self._key()).href(**{name: value[:128]})) if name in FILTERS else None

    @rx.event
    @requires(Role.VIEWER)
    async def find(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Enter in the field of names."""
        return rx.redirect((await self._key()).href(subject=str(form.get("subject", "")).strip()[:128]))

    async def _key(self) -> AuditKey:
        query = session.query(self)
        return AuditKey.of(await chosen(query), session.zone(self), query)


async def keep_fresh(app: rx.App) -> None:
    """Verify the chain and rewrite the page for those who look at it, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        if views.watched(app) and await news():
            await views.write(app, "")


async def news() -> bool:
    """Whether the page has something to tell: another entry, another verdict, or a database that does not answer."""
    try:
        if Watch.verdict is None or now() - Watch.verdict.at >= VERIFY_EVERY:
            Watch.verdict = await asyncio.to_thread(audit.verify)
        stands = await asyncio.to_thread(audit.last_id), Watch.verdict
    except Unavailable:
        Watch.told = None
        return True
    told, Watch.told = Watch.told, stands
    return told != stands
