"""Real servers that take it, refuse it, answer late, too much, or with a certificate that nobody trusts."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import receivers
from tests.receivers import answering
from webapp.core.clock import monotonic
from webapp.core.errors import ForewarnError, Invalid, NotAllowed
from webapp.core.outside import smtp
from webapp.core.outside.guard import Refused
from webapp.core.policies import deliveries as words
from webapp.core.policies.deliveries import Notice, Phase
from webapp.core.policies.notifications import Kind, Topic
from webapp.core.services.channels import Channel, Later

NOTICE = Notice(
    Topic.DISK, Phase.BEGAN, "disk_cap", datetime(2026, 3, 4, tzinfo=UTC), "store", "At the cap.", "Raise it."
)
MAIL = {"host": "127.0.0.1", "security": "none", "user": "", "sender": "fw@example.org", "recipients": "a@example.org"}


def hook(url: str, path: str = "/hook/s3cr3t", **secret: str) -> Channel:
    return Channel(Kind.WEBHOOK, {}, {"url": url + path, **secret})


def mail(port: int, password: str = "", **options: str) -> Channel:
    return Channel(Kind.SMTP, {**MAIL, "port": str(port), **options}, {"password": password})


def refused(channel: Channel, seconds: float = 5.0) -> ForewarnError:
    with pytest.raises(ForewarnError) as raised:
        channel.send(NOTICE, seconds)
    assert "s3cr3t" not in raised.value.message
    return raised.value


def test_a_webhook_gets_the_notice_its_key_and_a_signature() -> None:
    with receivers.http(answering(204)) as heard:
        hook(heard.url, "/hook?token=1", signing="sixteen-or-more-x").send(NOTICE)
    ((path, headers, body),) = heard.posts
    assert (path, json.loads(body)["title"]) == ("/hook?token=1", "At the cap.")
    assert headers["idempotency-key"] == NOTICE.event_key
    at = headers["x-forewarn-timestamp"]
    assert headers["x-forewarn-signature"] == words.signature("sixteen-or-more-x", at, body)


def test_slack_and_pagerduty_get_their_own_format() -> None:
    with receivers.http(answering(202)) as heard:
        Channel(Kind.SLACK, {}, {"url": heard.url}).send(NOTICE)
        Channel(Kind.PAGERDUTY, {}, {"url": heard.url, "key": "k" * 32}).send(NOTICE)
    slack, pager = (json.loads(body) for _, _, body in heard.posts)
    assert list(slack) == ["text"]
    assert (pager["routing_key"], pager["event_action"]) == ("k" * 32, "trigger")


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [(500, Later, "cannot take it now"), (503, Later, "HTTP 503"), (429, Later, "HTTP 429"),
     (302, Invalid, "redirects"),
     (404, Invalid, "knows no such webhook"), (410, Invalid, "make a new one"), (403, NotAllowed, "refuses it"),
     (400, Invalid, "does not take this message")],
)  # fmt: skip
def test_a_refusal_is_a_sentence_that_says_whether_to_try_again(
    status: int, kind: type[ForewarnError], said: str
) -> None:
    with receivers.http(answering(status, body=b"no /hook/s3cr3t here", Location="http://127.0.0.1:1/")) as heard:
        error = refused(hook(heard.url))
    assert type(error) is kind
    assert said in error.message
    assert len(heard.posts) == 1


def test_a_busy_target_says_how_long_to_wait() -> None:
    with receivers.http(answering(429, Retry_After="77")) as heard:
        error = refused(hook(heard.url))
    assert isinstance(error, Later)
    assert error.after == "77"


def test_of_a_huge_answer_little_is_read() -> None:
    with receivers.http(answering(500, body=b"x" * 50_000_000)) as heard:
        started = monotonic()
        assert len(refused(hook(heard.url)).message) < 400
    assert monotonic() - started < 3


@contextmanager
def silent(first: bytes = b"", drip: bytes = b"") -> Iterator[int]:
    """A server that says something once, and then next to nothing for ever."""
    stop = threading.Event()

    def talk(line: socket.socket) -> None:
        with line:
            line.sendall(first)
            while not stop.wait(0.02):
                try:
                    line.sendall(drip)
                except OSError:
                    return

    def serve() -> None:
        while not stop.is_set():
            try:
                threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            listener.shutdown(socket.SHUT_RDWR)  # wakes who waits for a caller
            thread.join()


@pytest.mark.parametrize("drip", [b"", b" "])
def test_who_never_answers_is_left_at_the_deadline(drip: bytes) -> None:
    with silent(b"HTTP/1.1 200 OK\r\nX: " if drip else b"", drip) as port:
        started = monotonic()
        assert "took too long" in refused(hook(f"http://127.0.0.1:{port}"), 0.5).message
    assert monotonic() - started < 2


@pytest.mark.parametrize(
    ("first", "drip"), [(b"", b""), (b"220 hi\r\n", b""), (b"220-", b"x"), (b"220 a\r\n", b"250-x\r\n")]
)
def test_a_mail_server_that_drips_is_left_at_the_deadline(first: bytes, drip: bytes) -> None:
    with silent(first, drip) as port:
        started = monotonic()
        assert "took too long" in refused(mail(port), 0.7).message
    assert monotonic() - started < 2.5


def test_a_mail_server_that_never_stops_talking_is_cut_off() -> None:
    with silent(b"220 a\r\n" + b"250-x\r\n" * 100_000) as port:
        started = monotonic()
        assert isinstance(refused(mail(port), 10), Later)
    assert monotonic() - started < 5


def test_nobody_there_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "check the address" in refused(hook(f"http://127.0.0.1:{port}")).message
    assert "check host and port" in refused(mail(port)).message


@pytest.mark.parametrize("channel", [hook("http://169.254.169.254"), mail(25, host="169.254.169.254")])
def test_metadata_addresses_are_never_reached(channel: Channel) -> None:
    assert isinstance(refused(channel), Refused)


def test_an_email_reaches_every_recipient() -> None:
    with receivers.smtp() as box:
        mail(box.port, recipients="a@example.org,b@example.org").send(replace(NOTICE, title="x\r\nBcc: c@example.org"))
    ((to, message),) = box.taken
    assert (to, message["Subject"]) == (["a@example.org", "b@example.org"], "[Forewarn] x Bcc: c@example.org")


@pytest.mark.parametrize(("answer", "kind"), [("451 later", Later), ("550 never", Invalid)])
def test_a_mail_server_says_whether_to_try_again(answer: str, kind: type[ForewarnError]) -> None:
    with receivers.smtp() as box:
        box.refusals.append(answer)
        error = refused(mail(box.port))
    assert type(error) is kind
    assert answer[:3] in error.message


@pytest.fixture(scope="module")
def trusted(tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    folder = tmp_path_factory.mktemp("certificates")
    return {name: receivers.certificate(tool("openssl"), folder, name) for name in ("localhost", "other.example")}


def _server(files: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


def _trust(monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]) -> None:
    monkeypatch.setattr(smtp, "tls", lambda: ssl.create_default_context(cafile=str(files[0])))


@pytest.mark.parametrize(("password", "kind"), [("sesame", None), ("s3cr3t", NotAllowed)])
def test_a_password_goes_over_starttls_only_and_a_wrong_one_is_said(
    trusted: dict[str, tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch, password: str, kind: type | None
) -> None:
    _trust(monkeypatch, trusted["localhost"])
    with receivers.smtp(tls_context=_server(trusted["localhost"]), require_starttls=True, login=True) as box:
        channel = mail(box.port, password, host="localhost", security="starttls", user="fw")
        channel.send(NOTICE) if kind is None else None
        assert kind is None or isinstance(refused(channel), kind)
    assert (box.signed_in[0], len(box.taken)) == (b"fw", 1 if kind is None else 0)


@pytest.mark.parametrize("name", ["localhost", "other.example"])
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_trusts_or_of_another_name_ends_it(
    trusted: dict[str, tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch, name: str, security: str
) -> None:
    if name == "other.example":
        _trust(monkeypatch, trusted[name])
    context = _server(trusted[name])
    options = {"ssl_context": context} if security == "tls" else {"tls_context": context}
    with receivers.smtp(**options) as box:
        error = refused(mail(box.port, host="localhost", security=security, user="fw", password="s3cr3t"))
    assert "can be trusted" in error.message
    assert box.signed_in == box.taken == []


def test_a_server_without_starttls_gets_nothing() -> None:
    with receivers.smtp() as box:
        assert isinstance(refused(mail(box.port, security="starttls")), Invalid)
    assert box.taken == []


def test_an_https_webhook_with_a_strange_certificate_is_sent_nothing(trusted: dict[str, tuple[Path, Path]]) -> None:
    with receivers.http(answering(200)) as heard:
        pass
    with socket.create_server(("127.0.0.1", 0)) as listener:
        context = _server(trusted["localhost"])

        def greet() -> None:
            line = listener.accept()[0]
            try:
                context.wrap_socket(line, server_side=True).close()
            except OSError:
                line.close()

        threading.Thread(target=greet, daemon=True).start()
        error = refused(hook(f"https://localhost:{listener.getsockname()[1]}"))
    assert "can be trusted" in error.message
    assert heard.posts == []
