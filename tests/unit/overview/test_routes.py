"""What selects is in the URL, and nothing else is."""

import pytest

from webapp import routes
from webapp.routes import FleetQuery


def test_the_usual_view_has_the_shortest_address():
    assert FleetQuery().href() == "/"
    assert FleetQuery().href("demo") == "/?stream=demo"


def test_an_address_gives_the_view_that_made_it():
    view = FleetQuery("now", True, "critical", "web", "pp 1", 3, "tiles")
    parts = dict(one.split("=") for one in view.href("demo").partition("?")[2].split("&"))
    parts["q"] = parts["q"].replace("+", " ")
    assert FleetQuery.of(parts) == view


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "99999999", "²"])
def test_a_page_that_is_no_number_is_the_first(page):
    assert FleetQuery.of({"page": page}).page == 1


def test_unknown_words_fall_back():
    assert FleetQuery.of({"sort": "colour", "map": "globe", "dir": "left"}) == FleetQuery()


def test_sorting_twice_by_one_column_turns_the_order_round():
    once = FleetQuery(page=4).sorted_by("server")
    assert (once.sort, once.down, once.page) == ("server", False, 1)
    assert once.sorted_by("server").down


def test_a_count_pressed_twice_shows_all():
    assert FleetQuery().only("critical").only("critical").severity == ""


def test_a_servers_name_is_quoted():
    assert routes.server("a/b c", "demo") == "/servers/a%2Fb%20c?stream=demo"


def test_sign_in_leads_back_to_where_one_was():
    assert routes.sign_in("/jobs") == "/sign-in?next=%2Fjobs"
    assert routes.sign_in("/") == "/sign-in"
