"""What a Prometheus may answer, and how a bad one is met: bounded, and in one sentence."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.schema import TICK_SECONDS
from tests.serving import serving
from webapp.core.clock import monotonic
from webapp.core.errors import ForewarnError, Invalid, NotAllowed, Unavailable
from webapp.core.prometheus import answers
from webapp.core.prometheus.client import Client, TooLong, check_header

T = TICK_SECONDS
Reply = Callable[[BaseHTTPRequestHandler], None]


def matrix(*values: object, metric: object = None) -> dict[str, object]:
    entry = {"metric": {"instance": "a:1"} if metric is None else metric, "values": list(values)}
    return {"resultType": "matrix", "result": [entry]}


def read(*values: object) -> dict[int, float]:
    return dict(answers.matrix(matrix(*values))[0].values)


def test_numbers_lie_at_their_ticks_in_whatever_order_they_come() -> None:
    assert read([2 * T, "2"], [T, "1.5"], [3 * T, "-1e3"]) == {1: 1.5, 2: 2.0, 3: -1000.0}


def test_nan_and_infinities_are_no_observation() -> None:
    assert read([T, "NaN"], [2 * T, "+Inf"], [3 * T, "-Inf"], [4 * T, "0"]) == {4: 0.0}


def test_a_point_beside_the_grid_is_left_out() -> None:
    assert read([T + 17, "1"], [2 * T + 0.4, "2"]) == {2: 2.0}


@pytest.mark.parametrize(
    "point",
    [[T, "forty"], [T, 40], [T], [], "x", None, [T, None], [T, True], ["now", "1"], [None, "1"], [float("nan"), "1"],
     [1e300, "1"], [True, "1"], [T, "1", 2], {"at": 1}],
)  # fmt: skip
def test_a_point_that_is_no_number_is_a_sentence(point: object) -> None:
    with pytest.raises(Unavailable, match="no time and number"):
        read(point)


@pytest.mark.parametrize(
    "found",
    [{}, {"resultType": "matrix"}, {"resultType": "matrix", "result": {}}, {"resultType": "matrix", "result": [3]},
     {"resultType": "scalar", "result": [1, "1"]}, {"resultType": "vector", "result": []}, {"resultType": []},
     matrix(metric=3), matrix(metric={"a": 1}), {"resultType": "matrix", "result": [{"metric": {}}]}],
)  # fmt: skip
def test_another_shape_is_a_sentence(found: dict[str, object]) -> None:
    with pytest.raises(Unavailable, match=r"^Prometheus's answer"):
        answers.matrix(found)


def test_histograms_are_told_what_to_do() -> None:
    with pytest.raises(Invalid, match="histogram_quantile"):
        answers.matrix({"resultType": "matrix", "result": [{"metric": {}, "histograms": []}]})


def test_too_many_series_are_refused_with_the_limit() -> None:
    many = {"resultType": "matrix", "result": [{}] * (answers.MOST_SERIES + 1)}
    with pytest.raises(Invalid, match="10001 series, and at most 10000 are read"):
        answers.matrix(many)


json_like = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["resultType", "result", "metric", "values", "value", "status", "data"]), inner
        )
    ),
    max_leaves=20,
)


@given(json_like)
def test_nothing_that_is_sent_raises_anything_but_a_sentence(sent: object) -> None:
    for use in (answers.matrix, answers.vector):
        with suppress(ForewarnError):
            use(answers.data(json.dumps({"status": "success", "data": sent}).encode(), 200))
        with suppress(ForewarnError):
            use({"resultType": use.__name__, "result": [sent]})


@contextmanager
def prometheus(reply: Reply) -> Iterator[str]:
    """A server that answers every question so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            try:
                reply(self)
            except OSError:
                return  # the other side hung up, as it should

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    with serving(Handler) as url:
        yield url


def answering(status: int, body: bytes, **headers: str) -> Reply:
    def reply(asked: BaseHTTPRequestHandler) -> None:
        asked.send_response(status)
        for name, value in headers.items():
            asked.send_header(name, value)
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)

    return reply


def ask(reply: Reply, seconds: float = 5.0, most_bytes: int = 10_000, header: str | None = None) -> object:
    with prometheus(reply) as url:
        return Client(url, header, seconds, most_bytes, pause=lambda _: None).range("up", 1, 2)


def good(*values: object) -> bytes:
    return json.dumps({"status": "success", "data": matrix(*values)}).encode()


def test_an_answer_is_read() -> None:
    (series,) = ask(answering(200, good([T, "1"])))
    assert (series.labels, series.values) == ({"instance": "a:1"}, {1: 1.0})


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [(200, b"<html>", Unavailable, "no Prometheus"), (404, b"", Unavailable, "HTTP 404"),
     (200, b"[" * 9_999, Unavailable, "no Prometheus"),
     (502, b"bad gateway", Unavailable, "HTTP 502"), (401, b"", NotAllowed, "wants the Authorization header"),
     (302, b"", Invalid, "Redirects are not followed"), (200, b"x" * 10_001, TooLong, "longer than 0.01 MB"),
     (400, b'{"status":"error","errorType":"bad_data","error":"parse error"}', Invalid, "query: parse error."),
     (503, b'{"status":"error","errorType":"timeout","error":"too slow"}', Unavailable, "could not answer: too slow."),
     (200, b'{"status":"success","data":[]}', Unavailable, "has no data"),
     (200, b"\xff\xfe", Unavailable, "no Prometheus")],
)  # fmt: skip
def test_a_wrong_answer_is_a_sentence(status: int, body: bytes, kind: type[ForewarnError], said: str) -> None:
    with pytest.raises(kind, match=said) as raised:
        ask(answering(status, body))
    assert type(raised.value) is kind


def test_a_server_that_recovers_is_asked_again() -> None:
    statuses = [503, 429, 200]

    def reply(asked: BaseHTTPRequestHandler) -> None:
        answering(statuses.pop(0), good([T, "1"]))(asked)

    assert ask(reply)
    assert statuses == []


def test_tries_are_bounded() -> None:
    tries: list[int] = []
    with pytest.raises(Unavailable):
        ask(lambda asked: (tries.append(1), answering(503, b"")(asked))[1])
    assert len(tries) == 3


def test_nobody_there_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable, match=r"does not answer .*check the address"):
        Client(f"http://127.0.0.1:{port}", pause=lambda _: None).range("up", 1, 2)


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_a_slow_drip_ends_at_the_deadline(first: bytes) -> None:
    stop = threading.Event()

    def drip(asked: BaseHTTPRequestHandler) -> None:
        asked.wfile.write(first)
        while not stop.wait(0.05):
            asked.wfile.write(b" " if first else b"")

    started = monotonic()
    with pytest.raises(Unavailable, match="took longer than 0 s"):
        ask(drip, seconds=0.4)
    stop.set()
    assert monotonic() - started < 2


def test_the_header_is_sent_and_never_shown() -> None:
    seen: list[str | None] = []

    def reply(asked: BaseHTTPRequestHandler) -> None:
        seen.append(asked.headers["Authorization"])
        answering(403, b"")(asked)

    with pytest.raises(NotAllowed, match="refuses the Authorization header") as raised:
        ask(reply, header="authorization: Bearer sesame\n")
    assert seen == ["Bearer sesame"]
    assert "sesame" not in str(raised.value) + repr(Client("http://h", "Bearer sesame"))


def test_a_redirect_takes_the_header_nowhere() -> None:
    seen: list[str] = []
    with prometheus(lambda asked: seen.append(asked.path)) as elsewhere, pytest.raises(Invalid, match="redirects"):
        ask(answering(307, b"", Location=f"{elsewhere}/api/v1/query_range"), header="Bearer sesame")
    assert seen == []


@pytest.mark.parametrize("text", ["", "  \n", "a\nb", "Authorization:", "é", "x" * 9000, "a\x00b"])
def test_a_header_file_that_is_not_one_line_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(Invalid, match="must hold one line of ASCII text"):
        check_header(text)
