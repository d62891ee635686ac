"""What the sign-in page says, from its address alone: it has no handler, so nothing to call."""

import reflex as rx

from webapp import routes
from webapp.core.policies.signin import refusal_of, safe_next
from webapp.core.services import oidc


class SignIn(rx.State):
    """Computed for whoever asks; holds nothing."""

    @rx.var
    def refusal(self) -> str:
        """Why the last try was refused, "" for none."""
        query = self.router.url.query_parameters
        found = refusal_of(query.get("error", ""), query.get("left", ""), query.get("minutes", ""))
        return found.message if found else ""

    @rx.var
    def wrong(self) -> bool:
        """Whether name or password was wrong, so that the fields say so."""
        return self.router.url.query_parameters.get("error") == "wrong"

    @rx.var
    def name(self) -> str:
        """The name of the last try, so that only the password is typed again."""
        return self.router.url.query_parameters.get("name", "")[:64]

    @rx.var
    def then(self) -> str:
        """Where signing in leads."""
        return safe_next(self.router.url.query_parameters.get("next", "/"))

    @rx.var
    def provider(self) -> str:
        """What the identity provider is called, "" without one."""
        return oidc.label()

    @rx.var
    def provider_href(self) -> str:
        """The way out to the identity provider, and back to where signing in leads."""
        return routes.url(routes.PROVIDER, next=self.then)
