"""Facts about the form of a scenario: a request, or a sentence at each wrong field."""

from dataclasses import replace

import pytest

from tests.unit.pages.samples import fleet, scenario
from webapp.core.errors import Invalid
from webapp.state.scenarios_form import form_of, request_of
from webapp.state.scenarios_view import ScenariosKey

KEY = ScenariosKey("fleet-demo", "UTC", kind="memory_leak", servers=("ppml001", "ppdb002"))
GOOD = {"kind": "memory_leak", "ramp": "40", "hold": "50", "recover": "10", "intensity": "80", "seed": "", "guard": "",
        "limit": "", "hypothesis": "It is seen."}  # fmt: skip


def wrong(**fields: str) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        request_of(GOOD | fields, KEY, "memory_leak")
    return {one.field: one.message for one in caught.value.errors}


def test_minutes_become_ticks_and_percent_a_share() -> None:
    asked = request_of(GOOD, KEY, "memory_leak")
    assert (asked.ramp_ticks, asked.hold_ticks, asked.recover_ticks, asked.intensity) == (8, 10, 2, 0.8)
    assert asked.assets == ("ppml001", "ppdb002")


def test_an_empty_seed_is_a_new_one() -> None:
    assert request_of(GOOD, KEY, "memory_leak").seed is None
    assert request_of(GOOD | {"seed": "4,471"}, KEY, "memory_leak").seed == 4471


def test_every_wrong_field_gets_its_own_sentence() -> None:
    said = wrong(ramp="soon", hold="43", seed="-1")
    assert said["ramp_ticks"] == "The ramp must be 0 to 10,080 minutes, which is 7 days."
    assert said["hold_ticks"] == "The hold goes in steps of 5 minutes: 40 or 45."
    assert said["seed"] == "The seed must be a whole number; leave it empty for a new one."


def test_a_guard_needs_its_value() -> None:
    assert wrong(guard="error_pct", limit="much")["guard_threshold"] == "Say over which value the guard stops the run."
    assert request_of(GOOD | {"guard": "error_pct", "limit": "2,5"}, KEY, "memory_leak").guard_threshold == 2.5


def test_no_servers_is_said_at_the_servers() -> None:
    with pytest.raises(Invalid) as caught:
        request_of(GOOD, replace(KEY, servers=()), "memory_leak")
    assert caught.value.errors[0].field == "assets"


def test_the_form_begins_with_the_library() -> None:
    form = form_of(KEY, fleet("ppml001", "ppdb002", "ppweb001"), ())
    assert (form.kind, form.start, form.seed) == ("memory_leak", "Start on 2 servers", "")
    assert [chip.name for chip in form.chips] == ["ppml001", "ppdb002"]


def test_a_profile_is_one_chip_with_its_count() -> None:
    form = form_of(replace(KEY, servers=(), profile="web"), fleet("ppweb001", "ppweb002", "ppdb001"), ())
    assert [chip.label for chip in form.chips] == ["all web servers (2)"]


def test_servers_that_do_not_exist_are_not_offered() -> None:
    assert form_of(KEY, fleet("ppml001"), ()).start == "Start on 1 server"


def test_a_run_can_be_repeated_with_its_seed() -> None:
    form = form_of(replace(KEY, again=7), fleet("ppml001"), (scenario(),))
    assert (form.seed, form.ramp, form.hold, form.intensity) == ("4471", "40", "50", 80)


def test_an_address_holds_what_is_selected() -> None:
    query = {"selected": "7", "kind": "cascade", "servers": "a,b,a,", "profile": "nonsense", "again": "x"}
    key = ScenariosKey.of("s", "UTC", query)
    assert (key.selected, key.servers, key.profile, key.again) == (7, ("a", "b"), "", 0)
    assert key.href() == "/scenarios?stream=s&selected=7&kind=cascade&servers=a%2Cb"


def test_the_level_is_the_streams_own_threshold() -> None:
    def level(**limits: float | None) -> tuple[str, str]:
        own = {(profile.replace("_", "-"), "memory_pct"): limit for profile, limit in limits.items()}
        form = form_of(KEY, replace(fleet("ppml001"), limits=own), ())
        return form.metric_limit, form.metric_default

    assert [level(), level(ml_compute=70.0), level(ml_compute=None)] == [
        ("92", "92"),
        ("70", "92"),
        ("not watched", "92"),
    ]
