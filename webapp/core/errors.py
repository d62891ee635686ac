"""The errors that a person can meet.

    ForewarnError
    ├── NotFound      the thing named does not exist                         404
    ├── Conflict      it exists, but not in a state that allows this         409
    ├── NotAllowed    the caller may not do this; says which role may        403 (401 unsigned)
    ├── Invalid       the input is wrong; names field and row                422
    ├── TooMany       too much was asked in too short a time; says when again  429
    └── Unavailable   something needed is down; says what and when to retry  503

Each message is a sentence that says what is wrong and what to do. Anything else that is
raised is a bug: counted and logged once, at the boundary.
"""

import math
from dataclasses import dataclass


class ForewarnError(Exception):
    """Base of every expected error."""

    status = 500
    title = "Something went wrong"
    retry_after_s: int | None = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(ForewarnError):
    status = 404
    title = "Not found"


class Conflict(ForewarnError):
    status = 409
    title = "Conflict"


class NotAllowed(ForewarnError):
    status = 403
    title = "Not allowed"


class NotSignedIn(NotAllowed):
    status = 401
    title = "Sign in first"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong value: `field` in the contract's words, `row` its index in the batch (None: the whole)."""

    field: str
    message: str
    row: int | None = None


class Invalid(ForewarnError):
    status = 422
    title = "Invalid input"

    def __init__(self, message: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(message)
        self.errors = errors


class TooMany(ForewarnError):
    status = 429
    title = "Too many requests"

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = max(1, math.ceil(wait_s))


class Unavailable(ForewarnError):
    status = 503
    title = "Unavailable"
    retry_after_s = 5
