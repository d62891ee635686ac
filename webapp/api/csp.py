"""What a page may load and run: this host's own files, and the inline scripts that the build wrote.

Inline scripts are allowed one by one, by the SHA-256 of what is in the built pages, so that an
injected one does not run. Two allowances are the web framework's: it sends toasts and redirects as
expressions that its script evaluates ('unsafe-eval'), and it styles elements inline.
"""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from webapp.core.db import ROOT

BUILT = ROOT / ".web" / "build" / "client"
_INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_FIXED = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; "
    "img-src 'self' data: blob:; font-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
)
_DATA = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def policy(content_type: str) -> str:
    """The policy of an answer: strict for data, what a page of the console needs for a page."""
    return _pages() if content_type.startswith("text/html") else _DATA


@lru_cache(maxsize=1)
def _pages() -> str:
    return _FIXED + "script-src 'self' 'unsafe-eval'" + "".join(f" '{one}'" for one in inline_hashes(BUILT))


def inline_hashes(folder: Path) -> tuple[str, ...]:
    """The hashes of every inline script in the pages of a build, sorted."""
    pages = sorted(folder.rglob("*.html"))
    found = {_hash(script) for page in pages for script in _INLINE.findall(page.read_bytes())}
    return tuple(sorted(found))


def _hash(script: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}"
