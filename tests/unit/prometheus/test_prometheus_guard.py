"""Which addresses Forewarn connects to, and that nothing outlives the deadline."""

import ipaddress
import socket

import httpcore
import pytest

from webapp.core.clock import monotonic
from webapp.core.errors import Invalid
from webapp.core.outside import guard
from webapp.core.outside.guard import Bounded, Guarded, Refused
from webapp.core.prometheus.address import server, text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("http://prom:9090", "http://prom:9090"), ("https://prom.example/", "https://prom.example:443"),
     ("http://h/prometheus/api/v1/", "http://h:80/prometheus"), ("http://[::1]:9090/graph", "http://[::1]:9090"),
     ("http://10.1.2.3:9090", "http://10.1.2.3:9090"), ("http://127.0.0.1:9090", "http://127.0.0.1:9090")],
)  # fmt: skip
def test_an_address_is_understood(typed: str, meant: str) -> None:
    assert text(server(typed)) == meant


@pytest.mark.parametrize(
    "typed",
    ["", "prom:9090", "ftp://prom", "file:///etc/passwd", "gopher://prom", "http://", "http://:9090", "http://h:99999",
     "http://h:x", "http://h:0", "http://user:pw@h", "http://u@h", "http://h/?q=1", "http://h/#x", "http://[::1",
     "http://h/\x00", "http://h/\r\nX: y", "http://h" + "x" * 600, "http://bücher"],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="The address of the Prometheus server"):
        server(typed)


FORBIDDEN = (
    "169.254.169.254", "169.254.0.1", "0.0.0.0", "224.0.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192",
    "fe80::1", "::", "ff02::1", "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
)  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_link_local_metadata_and_multicast_are_refused(address: str) -> None:
    with pytest.raises(Refused, match="where no server of yours lives"):
        server(f"http://[{address}]:9090" if ":" in address else f"http://{address}:9090")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.9", "8.8.8.8", "::1", "fd12::1"])
def test_private_networks_and_this_machine_are_allowed(address: str) -> None:
    guard.check("h", [ipaddress.ip_address(address)])


class Line(httpcore.NetworkStream):
    """A connection that says how long it may wait."""

    waits: float | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.waits = timeout
        return b""


class Wires(httpcore.NetworkBackend):
    """Connects to nothing and remembers where to."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def connect_tcp(self, host: str, *_: object, **__: object) -> httpcore.NetworkStream:
        self.asked.append(host)
        return Line()


def _names(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Each time that the name is asked for it has the next address."""
    left = list(answers)

    def look_up(host: str, port: int, **_: object) -> list[tuple[object, object, object, str, tuple[str, int]]]:
        return [(0, 0, 0, "", (one, port)) for one in left.pop(0).split()]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return left


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    left = _names(monkeypatch, "10.0.0.5", "169.254.169.254")
    wires = Wires()
    Guarded(monotonic() + 5, wires).connect_tcp("rebinding.example", 80)
    assert (wires.asked, left) == (["10.0.0.5"], ["169.254.169.254"])


def test_one_bad_address_among_good_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    _names(monkeypatch, "10.0.0.5 169.254.169.254")
    wires = Wires()
    with pytest.raises(Refused):
        Guarded(monotonic() + 5, wires).connect_tcp("mixed.example", 80)
    assert wires.asked == []


def test_a_wait_ends_at_the_deadline_whatever_was_asked_for() -> None:
    line = Line()
    Bounded(line, monotonic() + 2).read(10, timeout=100)
    assert line.waits is not None and line.waits <= 2
    with pytest.raises(httpcore.ReadTimeout):
        Bounded(line, monotonic() - 1).read(10, timeout=100)
