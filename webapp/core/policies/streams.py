"""Rules of streams that need no database: how they may be called."""

import re

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")


def slug_problem(slug: str) -> str | None:
    """Why a text cannot name a stream, or None."""
    if _SLUG.fullmatch(slug) is None:
        return "A stream is named by 1 to 48 small letters, digits and inner hyphens, like my-servers."
    return None
