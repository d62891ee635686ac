"""The session cookie: its name and how to find it among what a browser sends."""

SESSION_COOKIE = "fw_session"
_LONGEST = 200


def session_token(header: str) -> str | None:
    """The session's token in a Cookie header, or None. Of two, the first counts, as in the browser's order."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == SESSION_COOKIE:
            return value if value and len(value) <= _LONGEST and value.isascii() else None
    return None


def without_session(header: str) -> str:
    """A Cookie header without the session: what a page's own script may know."""
    parts = [part.strip() for part in header.split(";")]
    return "; ".join(part for part in parts if part and part.partition("=")[0].strip() != SESSION_COOKIE)
