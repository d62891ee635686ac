"""What the frame says of a stream."""

from dataclasses import replace

from tests.unit.overview.samples import STREAM
from webapp.state.shell_view import maker


def test_the_champion_is_named_only_once_it_makes_the_forecast():
    assert maker(STREAM) == "ridge 1.0.0"
    assert maker(replace(STREAM, history=3)) == "persistence"
