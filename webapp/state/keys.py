"""API keys: not built yet."""

import reflex as rx

from webapp.core.policies.roles import Role
from webapp.state.guard import requires


class Keys(rx.State):
    """The page."""

    loaded: bool = False

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the page."""
        self.loaded = True
