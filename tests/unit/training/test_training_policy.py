"""What a form asks for, and which networks a training has machines for."""

import pytest

from webapp.core.errors import Invalid
from webapp.core.policies.training_runs import Mode, Recipe, networks, read


def test_a_form_that_says_nothing_asks_for_the_usual() -> None:
    assert read({}) == Recipe()


def test_numbers_are_read_as_people_write_them() -> None:
    form = {"mode": "scratch", "days": " 14 ", "simulated_servers": "1,200", "minutes": "2.5", "seed": "7"}
    assert read(form) == Recipe(Mode.SCRATCH.value, 14, 1200, 2.5, 7)


@pytest.mark.parametrize("value", ["", "many", "1.5", "\u0661\u0664", "9" * 5000, None, 14, [], "1e9"])
def test_what_is_no_number_of_days_is_named(value: object) -> None:
    with pytest.raises(Invalid) as caught:
        read({"days": value})
    assert [one.field for one in caught.value.errors] == ["days"]


@pytest.mark.parametrize("value", ["0,5", "1,5", "12,34", ",5", "1,,000", "1,440,"])
def test_a_comma_that_parts_no_thousands_is_no_guess(value: str) -> None:
    with pytest.raises(Invalid, match=r"like 10 or 0\.5"):
        read({"minutes": value})
    assert read({"minutes": "1,440"}).minutes == 1440


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e400", "0.1", "2000"])
def test_an_impossible_length_is_named(value: str) -> None:
    with pytest.raises(Invalid, match=r"0\.2 to 1,440 minutes"):
        read({"minutes": value})


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        read({"mode": "magic", "days": "x", "minutes": "0", "seed": "-1"})
    assert {one.field for one in caught.value.errors} == {"mode", "days", "minutes", "seed"}


def test_a_fleet_of_known_profiles_trains_one_network() -> None:
    assert networks(Recipe(), ["web", "cache"]) == networks(Recipe(), ["unknown"]) == 1
    assert networks(Recipe(), [*2 * ["web"], *2 * ["unknown"]]) == networks(Recipe(simulated_servers=40), ["web"]) == 2
    assert networks(Recipe(), [*4 * ["web"], "unknown"]) == 1
    assert networks(Recipe(), []) == 1
