"""Only the console's own pages may talk to it."""

import pytest

from webapp.core.policies.origins import same_origin


@pytest.mark.parametrize(
    ("origin", "hosts"),
    [
        (None, ("console:8400",)),
        ("http://console:8400", ("console:8400",)),
        ("https://console", ("console",)),
        ("https://Console.Example", ("127.0.0.1:8400", "console.example")),
        ("https://console.example", ("127.0.0.1:8400", "console.example, proxy")),
        ("https://console.example", ("127.0.0.1:8400", None, "https://console.example/")),
    ],
)
def test_own_pages_may(origin: str | None, hosts: tuple[str | None, ...]) -> None:
    assert same_origin(origin, *hosts)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://console:8401",
        "http://console:8400.evil.example",
        "http://[::1",
        "http://",
        "http://console:8400,http://evil.example",
    ],
)
def test_others_may_not(origin: str) -> None:
    assert not same_origin(origin, "console:8400", None)


def test_what_is_no_address_is_nobodys() -> None:
    assert not same_origin("http://[x", "console:8400", "http://[", "http://[")
