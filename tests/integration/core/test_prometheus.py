"""A real Prometheus with a real node_exporter, from its address to a forecast."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from ml.schema import CONTEXT, METRIC_NAMES, TICK_SECONDS
from tests.integration.core.prometheus_server import SERVERS, SILENT, RealPrometheus, free_port, running
from tests.integration.core.steps import cycle
from tests.serving import serving
from webapp.core.clock import now, tick_of
from webapp.core.db import reading
from webapp.core.errors import Conflict, NotFound
from webapp.core.repositories import assets
from webapp.core.repositories import telemetry as telemetry_rows
from webapp.core.services import audit, health, prometheus, risks, scrapes, streams, telemetry
from webapp.core.settings import settings
from webapp.core.views.audit import Wanted

pytestmark = [pytest.mark.usefixtures("installation"), pytest.mark.timeout(300)]
TOKEN = "Bearer sesame-17"


@pytest.fixture(scope="module")
def real(tool: Callable[[str], str]) -> Iterator[RealPrometheus]:
    with running(tool) as server:
        yield server


def _read(name: str = "mine") -> None:
    for _ in range(20):
        scrapes.read(_row(name))
        if _view(name).behind_ticks == 0 or _view(name).last_error:
            return
    pytest.fail("the source is still behind")


def _row(name: str) -> int:
    with reading() as session:
        row = prometheus.source_rows.by_name(session, name)
    assert row is not None and row.id is not None
    return row.id


def _view(name: str = "mine") -> prometheus.SourceView:
    return next(one for one in prometheus.listed() if one.name == name)


def _observed(server: str, first: int, last: int):
    with reading() as session:
        stream = streams.find(session, "mine")
        assert stream.id is not None
        one = assets.known(session, stream.id)[server]
        return telemetry_rows.window(session, stream.id, [one.id], first, last)[0], one.profile


def test_from_an_address_to_forecasts_of_all_servers(real: RealPrometheus) -> None:
    prometheus.add("mine", real.url, "test")
    _read()
    assert (_view().filled, _view().last_error) == (1.0, None)
    stream = streams.stream("mine")
    with reading() as session:
        tick = streams.find(session, "mine").tick
    assert tick is not None
    for origin in {tick, real.end // TICK_SECONDS}:
        cycle(stream.id, origin)
    found = {risk.name: risk for risk in risks.fleet_snapshot("mine").risks}
    assert found.keys() - {"127.0.0.1"} == set(SERVERS)  # node_exporter's own machine has its first tick soon
    assert [found[name].method for name in SERVERS] == ["champion"] * 3


def test_history_is_what_prometheus_knows_and_missed_scrapes_are_gaps(real: RealPrometheus) -> None:
    prometheus.add("mine", real.url, "test")
    _read()
    last = real.end // TICK_SECONDS - 1
    web, profile = _observed("web-1", last - 2000, last)
    assert profile == "web"
    at = dict(zip(METRIC_NAMES, web.T, strict=True))
    assert (at["disk_used_pct"].min(), at["disk_used_pct"].max()) == pytest.approx((63.157894, 63.157894))
    assert at["net_mbps"] == pytest.approx(10.0, rel=0.01)  # the loopback's 900 MB/s are not in it
    assert at["cpu_pct"].max() == pytest.approx(70, abs=1) and at["cpu_pct"].min() == pytest.approx(10, abs=1)
    batch, _ = _observed("batch-3", last - CONTEXT, last)
    cpu = batch[:, 0]
    missed = [place for place in range(len(cpu)) if cpu[place] != cpu[place]]
    assert abs(len(missed) - (SILENT[0] - SILENT[1]) // TICK_SECONDS) <= 2
    assert missed == list(range(missed[0], missed[0] + len(missed)))


def test_reading_twice_or_late_changes_nothing(real: RealPrometheus) -> None:
    prometheus.add("mine", real.url, "test")
    _read()
    before, _ = _observed("web-1", real.end // TICK_SECONDS - 500, real.end // TICK_SECONDS)
    with scrapes.unit_of_work() as uow:  # a crash lost the cursor
        prometheus.source_rows.note(uow.session, _row("mine"), cursor_tick=real.end // TICK_SECONDS - 400)
    _read()
    after, _ = _observed("web-1", real.end // TICK_SECONDS - 500, real.end // TICK_SECONDS)
    assert before.tobytes() == after.tobytes()


def test_a_preview_names_the_servers_and_what_is_not_mapped(real: RealPrometheus) -> None:
    found = prometheus.preview(real.url)
    assert "127.0.0.1" in found.servers
    memory = next(one for one in found.metrics if one.metric == "memory_pct")
    assert memory.problem is None and 0 < memory.examples[0][1] < 100
    assert found.notes == ("latency_ms, error_pct: not mapped, so not observed.",)


def test_a_query_that_prometheus_refuses_leaves_the_other_metrics(real: RealPrometheus) -> None:
    mapping = prometheus.rules.DEFAULT.replace("[metrics]", "[metrics]\nlatency_ms = 'sum by ('")
    problems = {one.metric: one.problem for one in prometheus.preview(real.url, mapping=mapping).metrics}
    assert problems["latency_ms"] is not None and "Prometheus refuses the query" in problems["latency_ms"]
    prometheus.add("mine", real.url, "test", mapping=mapping)
    _read()
    assert _view().note is not None and _view().note.startswith("latency_ms: Prometheus refuses")
    web, _ = _observed("web-1", real.end // TICK_SECONDS - 100, real.end // TICK_SECONDS - 1)
    assert web[:, 0].min() > 0


def test_a_server_that_is_gone_is_a_sentence_and_another_try(tmp_path: Path) -> None:
    prometheus.add("mine", f"http://127.0.0.1:{free_port()}", "test")
    scrapes.read(_row("mine"))
    view = _view()
    assert view.last_error is not None and "does not answer (" in view.last_error and view.filled == 0
    scrapes.read(_row("mine"))  # it may not be tried again yet
    with reading() as session:
        row = prometheus.source_rows.by_id(session, _row("mine"))
    assert row is not None and row.failures == 1 and row.next_try_at is not None and row.busy_until_at is None
    check = next(one for one in health.doctor() if one.name == "prometheus mine")
    assert not check.ok and check.detail == view.last_error


def test_the_scheduler_asks_for_what_is_behind_and_nothing_else(real: RealPrometheus) -> None:
    prometheus.add("mine", real.url, "test")
    prometheus.add("paused", real.url, "test")
    prometheus.set_enabled("paused", False, "test")
    scrapes.dispatch.broker_client().flushall()  # the message of `add` was lost
    assert scrapes.send_due() == 1
    assert scrapes.send_due() == 0  # the queue still holds it
    scrapes.dispatch.broker_client().flushall()
    _read()
    assert scrapes.send_due() == 0


def test_one_reader_at_a_time(real: RealPrometheus) -> None:
    prometheus.add("mine", real.url, "test")
    with scrapes.unit_of_work() as uow:
        assert prometheus.source_rows.claim(uow.session, _row("mine"), now(), now() + timedelta(minutes=1))
    scrapes.read(_row("mine"))
    assert _view().last_success_at is None


def test_after_a_long_pause_no_more_is_asked_for_than_of_a_new_source(monkeypatch: pytest.MonkeyPatch) -> None:
    prometheus.add("mine", "http://127.0.0.1:9", "test")
    with scrapes.unit_of_work() as uow:
        prometheus.source_rows.note(uow.session, _row("mine"), cursor_tick=prometheus.newest_tick() - 50_000)
    asked: list[tuple[int, int]] = []

    def gather(_client: object, _mapping: object, first: int, last: int, _stored: object) -> scrapes.Gathered:
        asked.append((first, last))
        return scrapes.Gathered()

    monkeypatch.setattr(scrapes, "gather", gather)
    monkeypatch.setattr(scrapes, "_width", lambda *_: 11_000)
    scrapes.read(_row("mine"))
    assert [last - first + 1 for first, last in asked] == [prometheus.HISTORY_TICKS]
    assert _view().last_error is not None and _view().last_error.startswith("Prometheus answers, but has no value")


def test_an_answer_that_is_too_long_is_asked_for_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    prometheus.add("mine", "http://127.0.0.1:9", "test")
    asked: list[int] = []

    def gather(_client: object, _mapping: object, first: int, last: int, _stored: object) -> scrapes.Gathered:
        asked.append(last - first + 1)
        if asked[-1] > 500:
            raise scrapes.TooLong("The answer is too long.")
        return scrapes.Gathered()

    monkeypatch.setattr(scrapes, "gather", gather)
    monkeypatch.setattr(scrapes, "_width", lambda *_: 1600)
    scrapes.read(_row("mine"))
    assert asked[:3] == [1600, 400, 400] and sum(asked[1:]) == prometheus.HISTORY_TICKS


class _Slow(http.server.BaseHTTPRequestHandler):
    """Answers nothing until it is let go."""

    asked, go = threading.Event(), threading.Event()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.set()
        self.go.wait(30)
        self.send_error(404)


def test_a_slow_source_holds_neither_the_others_nor_the_database(real: RealPrometheus) -> None:
    with serving(_Slow) as url:
        prometheus.add("slow", url, "test")
        reader = threading.Thread(target=scrapes.read, args=(_row("slow"),))
        reader.start()
        assert _Slow.asked.wait(30)
        prometheus.add("mine", real.url, "test")
        _read()
        assert _view().filled == 1 and reader.is_alive()
        _Slow.go.set()
        reader.join()
    _Slow.asked.clear()
    _Slow.go.clear()


class _Locked(http.server.BaseHTTPRequestHandler):
    """Asks for a header, and keeps what it was sent."""

    seen: ClassVar[list[str | None]] = []

    def do_POST(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        found = {"status": "success", "data": {"resultType": "matrix", "result": []}}
        body = json.dumps(found).encode()
        self.send_response(200 if self.seen[-1] == TOKEN else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


def test_the_header_lies_in_a_private_file_and_nowhere_else(capfd: pytest.CaptureFixture[str]) -> None:
    with serving(_Locked) as url:
        prometheus.add("mine", url, "test", header=f"Authorization: {TOKEN}\n")
        scrapes.read(_row("mine"))
    (file,) = (settings().data_dir / "secrets").iterdir()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert set(_Locked.seen) == {TOKEN}
    others = [one for one in settings().data_dir.rglob("*") if one.is_file() and one != file]
    assert [one for one in others if b"sesame" in one.read_bytes()] == []
    assert "sesame" not in str((audit.entries(), prometheus.listed(), capfd.readouterr()))
    prometheus.remove("mine", "test")
    assert not file.exists()


def test_names_and_streams_are_not_taken_twice() -> None:
    prometheus.add("mine", "http://127.0.0.1:9", "test")
    with pytest.raises(Conflict, match="There is a Prometheus source mine already"):
        prometheus.add("mine", "http://127.0.0.1:9", "test")
    telemetry.receive("pushed", {"rows": [_pushed()]}, "key:test")
    with pytest.raises(Conflict, match="takes no telemetry from prometheus"):
        prometheus.add("other", "http://127.0.0.1:9", "test", stream="pushed")
    with pytest.raises(NotFound):
        prometheus.remove("other", "test")


def _pushed() -> dict[str, object]:
    at = prometheus.time_of(tick_of(now()) - 1).isoformat()
    return {"asset": "web-1", "at": at, "cpu_pct": 1.0}


def test_every_change_is_in_the_audit() -> None:
    prometheus.add("mine", "http://127.0.0.1:9", "ann")
    prometheus.set_enabled("mine", False, "bob", "maintenance")
    prometheus.remove("mine", "cyd")
    found = [(one.actor, one.action) for one in audit.entries(Wanted(noun="prometheus_source"))]
    assert found == [("cyd", "remove"), ("bob", "pause"), ("ann", "add")]
