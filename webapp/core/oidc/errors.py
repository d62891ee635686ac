"""What can go wrong with a provider. The messages are for the log and the doctor: a person reads a sentence of ours."""

from webapp.core.errors import NotAllowed, Unavailable


class ProviderDown(Unavailable):
    """It does not answer, or not in a form that could be an answer."""


class ProviderRefused(NotAllowed):
    """It answered that it gives no token for this code."""


class TokenUnfit(NotAllowed):
    """What it sent is not signed by it, for us, now and for this very sign-in."""
