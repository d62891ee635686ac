"""The fleet in one sentence: what is likely, what is only possible, and what nothing is known of."""

from tests.unit.overview.samples import breach, risk, snapshot
from webapp.core.policies import wording
from webapp.core.views.severity import Severity

SURE = risk("a", Severity.CRITICAL, 42)
POSSIBLE = risk("b", Severity.WATCH, 320, probability=0.38)
SILENT = risk("c", Severity.NO_FORECAST)


def said(*risks):
    return [one.replace("\u00a0", " ") for one in wording.sentence(snapshot(*risks), "UTC")]


def test_a_likely_crossing_is_forecast():
    assert said(SURE, risk("d"))[0] == "1 server is forecast to cross a threshold by 22:35."


def test_a_crossing_below_60_percent_only_may_come():
    assert said(POSSIBLE)[0] == "1 server may cross a threshold by 22:35."
    assert said(breach("e"), POSSIBLE)[0] == "1 server is in breach; 1 more may cross a threshold by 22:35."
    assert said(SURE, POSSIBLE)[0] == "1 server is forecast to cross a threshold by 22:35; 1 more may."


def test_a_server_without_a_forecast_is_not_called_clear():
    assert said(SURE, risk("d"), SILENT)[1].endswith("The other stays clear in the forecast; 1 has no forecast.")
    assert said(risk("d"), SILENT)[1] == "1 server stays clear in the forecast; 1 has no forecast."
    assert said(SILENT) == ["No server has a forecast.", "Each row says why."]


def test_one_clear_server_is_not_spoken_of_as_many():
    assert said(risk("d"))[1] == "It stays clear in the forecast."
    assert said(risk("d"), risk("e"))[1] == "All 2 servers stay clear in the forecast."
