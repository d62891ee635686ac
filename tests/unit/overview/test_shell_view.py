"""What the frame says of a stream."""

from dataclasses import replace

from tests.unit.overview.samples import ORIGIN, STREAM
from webapp.state.shell_view import health_of, maker


def test_the_champion_is_named_only_once_it_makes_the_forecast():
    assert maker(STREAM) == "ridge 1.0.0"
    assert maker(replace(STREAM, history=3)) == "persistence"


def test_a_silent_stream_is_late_even_while_its_history_is_short():
    silent = replace(STREAM, servers=1, forecast=0, history=3, stale_since=ORIGIN)
    assert health_of(silent) == ("Forecasts are late", "warning")
    assert health_of(replace(silent, stale_since=None)) == ("History 3 of 12", "")
