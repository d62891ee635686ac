"""Expected failures of a command line in one sentence each; anything else is a bug and shows itself."""

import sys

from webapp.core.errors import ForewarnError, Invalid

_OUTSIDE = (
    ("sqlalchemy.exc", "OperationalError"),
    ("redis.exceptions", "ConnectionError"),
    ("pydantic", "ValidationError"),
)


def expected() -> tuple[type[Exception], ...]:
    """What a command may meet. Of libraries, only those that are loaded: nothing is imported for this."""
    loaded = [(sys.modules.get(module), name) for module, name in _OUTSIDE]
    return (ForewarnError, OSError, *(getattr(module, name) for module, name in loaded if module is not None))


def in_words(error: Exception) -> str:
    """What happened and what to do."""
    if isinstance(error, Invalid) and error.errors:
        rows = [f"{one.field}: {one.message}" for one in error.errors if one.message != error.message]
        return " ".join([error.message, *rows])
    if isinstance(error, ForewarnError):
        return error.message
    if isinstance(error, OSError) and not type(error).__module__.startswith("redis"):
        return f"{error.filename or 'the system'}: {error.strerror or error}."
    return _of_library(error)


def _of_library(error: Exception) -> str:
    name = type(error).__name__
    if name == "ValidationError":
        wrong = getattr(error, "errors")()  # noqa: B009 - pydantic may not be loaded here
        return " ".join(f"{_variable(one['loc'])}: {one['msg']}." for one in wrong)
    if name == "OperationalError":
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return f"the database does not answer ({reason}): check DATABASE_URL and that it runs."
    return f"the broker does not answer ({error}): check REDIS_URL, or start Forewarn with `forewarn up`."


def _variable(location: tuple[str | int, ...]) -> str:
    name = str(location[0])
    return name if name.isupper() else f"FOREWARN_{name.upper()}"
