"""One request to a provider and its JSON answer. Redirects are not followed; slow, large and odd answers are errors."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from webapp.core.clock import monotonic
from webapp.core.oidc.errors import ProviderDown

TIMEOUT_S = 5.0
WHOLE_S = 10.0
MOST_BYTES = 500_000


def ask(method: str, url: str, headers: Mapping[str, str], body: str = "") -> tuple[int, dict[str, Any]]:
    """Status and JSON object of an answer. Raises ProviderDown."""
    deadline = monotonic() + WHOLE_S
    try:
        with (
            httpx.Client(timeout=TIMEOUT_S, follow_redirects=False) as client,
            client.stream(method, url, headers={"Accept": "application/json", **headers}, content=body) as answer,
        ):
            text = bytearray()
            for part in answer.iter_bytes():
                text += part
                if len(text) > MOST_BYTES or monotonic() > deadline:
                    raise ProviderDown(f"{url} answers too much or too slowly.")
            return answer.status_code, _object(url, answer.status_code, bytes(text))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProviderDown(f"{url} does not answer: {type(error).__name__} {error}".strip()) from error


def _object(url: str, status: int, text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProviderDown(f"{url} answered {status} and no JSON.") from error
    if not isinstance(found, dict):
        raise ProviderDown(f"{url} answered {status} and no JSON object.")
    return found
