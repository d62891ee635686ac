"""The dependency graph as text, and its circles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.errors import Invalid
from webapp.core.policies.dependencies import as_csv, circles, needed_by, parse, written

NAMES = {"web-1": "web-1", "pg-2": "pg-2", "old": "pg-2", "a, b": "a, b"}
GRAPH = {"web-1": ("pg-2", "a, b"), "pg-2": (), "a, b": ("web-1",)}


def test_lines_and_csv_say_the_same() -> None:
    assert parse(written(GRAPH), NAMES.get) == {"web-1": ("pg-2", "a, b"), "a, b": ("web-1",)}
    assert parse(as_csv(GRAPH), NAMES.get) == parse(f"# ours\n\n{written(GRAPH)}", NAMES.get)


def test_a_former_name_means_the_present_one_and_an_edge_counts_once() -> None:
    assert parse("web-1 -> old\nweb-1,pg-2", NAMES.get) == {"web-1": ("pg-2",)}


@pytest.mark.parametrize(("line", "said"), [
    ("web-1 -> web-1", "cannot depend on itself"), ("old -> pg-2", "pg-2 cannot depend on itself"),
    ("web-1 -> nobody", "there is no server nobody"), ("web-1", "write an edge as"), ("web-1,", "write an edge as"),
    ("web-1 -> pg-2 -> web-1", "write an edge as"), ("a,b,c", "write an edge as"),
])  # fmt: skip
def test_a_wrong_edge_is_named_by_its_line(line: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as caught:
        parse(f"web-1 -> pg-2\n{line}", NAMES.get)
    assert caught.value.errors[0].row == 2


def test_who_needs_a_server() -> None:
    assert needed_by(GRAPH, "pg-2") == ("web-1",)


def test_circles_are_named_once_each() -> None:
    assert circles(GRAPH) == (("a, b", "web-1"),)
    two = {"a": ("b",), "b": ("c",), "c": ("a", "d"), "d": ("e",), "e": ("d", "f"), "f": (), "g": ("a",)}
    assert circles(two) == (("a", "b", "c"), ("d", "e"))
    assert circles({"a": ("b",), "b": ("c",), "c": ()}) == ()


@given(st.dictionaries(st.sampled_from("abcdef"), st.frozensets(st.sampled_from("abcdef"))))
def test_a_circle_is_who_reaches_each_other(edges: dict[str, frozenset[str]]) -> None:
    graph = {one: tuple(sorted(edges.get(one, frozenset()) - {one})) for one in "abcdef"}

    def reached(start: str) -> set[str]:
        found, todo = set[str](), list(graph[start])
        while todo:
            if (one := todo.pop()) not in found:
                found.add(one)
                todo += graph[one]
        return found

    every = {one: reached(one) for one in graph}
    groups = {
        tuple(sorted(o for o in graph if o in every[one] and one in every[o])) for one in graph if one in every[one]
    }
    assert set(circles(graph)) == {group for group in groups if len(group) > 1}


def test_a_name_that_looks_like_a_formula_is_none_and_comes_back() -> None:
    graph = {"=1+1": ("@x",)}
    assert as_csv(graph).splitlines()[1] == "'=1+1,'@x"
    assert parse(as_csv(graph), {"=1+1": "=1+1", "@x": "@x"}.get) == graph
