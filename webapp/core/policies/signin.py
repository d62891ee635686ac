"""Rules of signing in: names, passwords, and how many wrong tries make a pause.

Three counters guard passwords: one for a name from one place (5 tries, so that a stranger
elsewhere cannot lock somebody out), one for a name from anywhere (50, so that many
places cannot guess for ever) and one for a place over all names (30, so that one place
cannot try one password on everybody).
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.core.errors import NotSignedIn

TRIES_HERE = 5
TRIES_ANYWHERE = 50
TRIES_PLACE = 30
PAUSE = timedelta(minutes=5)
FORGET = timedelta(minutes=30)
MIN_PASSWORD = 10
MAX_PASSWORD = 200
_NAME = re.compile(r"[\w.@+-]{1,64}")


def folded(name: str) -> str:
    """A name as it is stored and compared: trimmed, one Unicode form, without case."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()


def name_problem(name: str) -> str | None:
    """Why a (folded) name cannot be given to a person, or None."""
    if _NAME.fullmatch(name) is None:
        return "A name has 1 to 64 letters, digits or any of . _ - @ +, and no spaces."
    return None


def password_problem(password: str) -> str | None:
    """Why a password is refused, or None."""
    if len(password) < MIN_PASSWORD:
        return f"A password has at least {MIN_PASSWORD} characters."
    if len(password) > MAX_PASSWORD:
        return f"A password has at most {MAX_PASSWORD} characters."
    return None


@dataclass(frozen=True, slots=True)
class Tries:
    """Failed tries under one key, and until when further ones are refused unseen."""

    failed: int
    last_at: datetime
    paused_until_at: datetime | None


def paused(tries: Tries | None, at: datetime) -> datetime | None:
    """Until when to refuse without looking at the password, or None."""
    if tries is None or tries.paused_until_at is None or tries.paused_until_at <= at:
        return None
    return tries.paused_until_at


def after_failure(tries: Tries | None, limit: int, at: datetime) -> Tries:
    """The count after one more wrong try; at `limit` it becomes a pause and starts again."""
    stale = tries is None or tries.paused_until_at is not None or at - tries.last_at > FORGET
    failed = 1 if tries is None or stale else tries.failed + 1
    return Tries(failed, at, at + PAUSE if failed >= limit else None)


def after_success(tries: Tries) -> Tries:
    """The count of a place once a try that it counted was right: it was none, the others stay."""
    return Tries(max(0, tries.failed - 1), tries.last_at, None)


class Refusal(StrEnum):
    """Why a sign-in was refused, as a word that fits into an address."""

    WRONG = "wrong"
    PAUSED = "paused"
    LINK = "link"
    ENDED = "ended"
    OLD_WRONG = "old"
    PROVIDER_SETUP = "setup"
    PROVIDER_DOWN = "unreachable"
    PROVIDER_DENIED = "denied"
    PROVIDER_STATE = "state"
    PROVIDER_UNTRUSTED = "untrusted"
    PROVIDER_ROLE = "role"
    DISABLED = "disabled"


_SENTENCES = {
    Refusal.LINK: "This link was used or has expired. Ask an administrator for another, or run forewarn user link.",
    Refusal.ENDED: "Your session has ended. Sign in again.",
    Refusal.PROVIDER_SETUP: "Single sign-on is not set up right. Ask an administrator to run forewarn doctor.",
    Refusal.PROVIDER_DOWN: "The identity provider does not answer. Try again in a minute.",
    Refusal.PROVIDER_DENIED: "The identity provider did not let you in. Try again, or ask who runs it.",
    Refusal.PROVIDER_STATE: "This sign-in was not started here or took longer than 10\u00a0min. Start it again.",
    Refusal.PROVIDER_UNTRUSTED: "The identity provider's answer cannot be trusted: nobody was signed in. Try again.",
    Refusal.PROVIDER_ROLE: "Your account has no role in Forewarn. Ask an administrator for one.",
    Refusal.DISABLED: "Your account is disabled here. Ask an administrator.",
}


@dataclass(frozen=True, slots=True)
class RefusalView:
    """A refusal with its numbers: tries that are left, minutes that a pause lasts."""

    refusal: Refusal
    left: int = 0
    minutes: int = 5

    @property
    def message(self) -> str:
        """What a person reads; the same whether or not the name exists."""
        if (sentence := _SENTENCES.get(self.refusal)) is not None:
            return sentence
        pause = f"{self.minutes}\u00a0min"
        if self.refusal is Refusal.PAUSED:
            return f"Too many wrong tries. Try again in {pause}."
        tries = "1 try is" if self.left == 1 else f"{self.left} tries are"
        wrong = "The old password" if self.refusal is Refusal.OLD_WRONG else "Name or password"
        return f"{wrong} is wrong. {tries} left before a pause of {pause}."


class SignInRefused(NotSignedIn):
    """A sign-in that failed, with what to tell the person."""

    def __init__(self, refusal: RefusalView) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class SignInPaused(SignInRefused):
    """Too many wrong tries: nothing was looked at."""

    status = 429
    title = "Too many tries"

    def __init__(self, until_at: datetime, at: datetime) -> None:
        super().__init__(while_paused(until_at, at))
        self.retry_after_s = max(1, math.ceil((until_at - at).total_seconds()))


def after_wrong(tries: Tries, refusal: Refusal = Refusal.WRONG) -> SignInRefused:
    """What to say after a wrong try that was counted as `tries`."""
    if tries.paused_until_at is not None:
        return SignInPaused(tries.paused_until_at, tries.last_at)
    return SignInRefused(RefusalView(refusal, TRIES_HERE - tries.failed, _minutes(PAUSE)))


def while_paused(until_at: datetime, at: datetime) -> RefusalView:
    """What to say while the pause lasts."""
    return RefusalView(Refusal.PAUSED, minutes=_minutes(until_at - at))


def refusal_of(error: str, left: str = "", minutes: str = "") -> RefusalView | None:
    """Read a refusal back from an address; None for anything that Forewarn did not write."""
    if error not in set(Refusal):
        return None
    return RefusalView(Refusal(error), _small(left, 0), _small(minutes, _minutes(PAUSE)))


def _small(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else otherwise


def _minutes(span: timedelta) -> int:
    return max(1, -(-int(span.total_seconds()) // 60))


def safe_next(address: str) -> str:
    """Where to go after signing in: a path of this console, "/" for anything that could lead elsewhere."""
    plain = address.isprintable() and "\\" not in address and len(address) <= 2000
    if not plain or not address.startswith("/") or address.startswith("//"):
        return "/"
    return "/" if address.startswith(("/api/", "/auth/")) else address
