"""What the page Connect says of a test and of the sources."""

from datetime import UTC, datetime

from webapp.core.views.prometheus import MetricPreview, Preview, SourceView
from webapp.state.connect_view import found_words, preview_rows, source_rows

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def preview(*servers: str) -> Preview:
    metrics = (
        MetricPreview("cpu_pct", 2, (("a", 1.234), ("b", 20.0)), None),
        MetricPreview("net_mbps", 0, (), "no data"),
    )
    return Preview("http://p:9090", AT, servers, metrics, ())


def test_a_row_shows_values_or_what_is_wrong() -> None:
    rows = preview_rows(preview("a", "b"))
    assert [(row.servers, row.now, row.tone) for row in rows] == [
        ("2", "a 1.23, b 20.00", "fw-second"),
        ("0", "no data", "fw-critical"),
    ]


def test_many_servers_are_counted() -> None:
    assert found_words(preview()) == "No server was found."
    assert found_words(preview("a")) == "1 server: a."
    assert found_words(preview(*"abcdefgh")) == "8 servers: a, b, c, d, e, f and 2 more."


def source(*, enabled: bool = True, error: str | None = None, note: str | None = None) -> SourceView:
    return SourceView("mine", "mine", "http://p:9090", False, enabled, 3, AT, 0.5, 9, None, error, note)


def test_a_source_says_what_went_wrong_last() -> None:
    rows = source_rows([source(error="It is down."), source(note="Left out."), source(enabled=False), source()], "UTC")
    assert [row.state for row in rows] == ["It is down.", "Left out.", "paused", "read on"]
    assert [row.tone for row in rows] == ["fw-critical", *["fw-second"] * 3]
    assert rows[0].read.endswith("50%")
