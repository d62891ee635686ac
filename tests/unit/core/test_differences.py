"""Differences round zero: where they lie, what they say."""

from hypothesis import given
from hypothesis import strategies as st

from webapp.core.policies import differences
from webapp.core.policies.differences import BETTER, TIE, UNKNOWN, WORSE
from webapp.core.views.evidence import DifferenceView

SHARES = st.floats(-0.9, 3, allow_nan=False)


def line(low: float | None, relative: float | None, high: float | None, name: str = "web") -> DifferenceView:
    return DifferenceView(name, relative, low, high, 320)


@given(st.lists(st.tuples(SHARES, SHARES, SHARES).map(sorted), min_size=1, max_size=8))
def test_every_bar_lies_on_its_track_on_the_right_side_of_zero(found: list[list[float]]) -> None:
    lines = [line(*one) for one in found]
    on = differences.scale(lines)
    for one in lines:
        bar = differences.bar(one, on)
        assert 0 <= bar.start <= bar.dot <= 100 and 0 < bar.zero < 100
        assert bar.start + bar.width <= 101
        if bar.verdict == BETTER:
            assert bar.dot <= bar.zero
        if bar.verdict == WORSE:
            assert bar.dot >= bar.zero


def test_what_touches_zero_is_a_tie() -> None:
    said = [(-0.05, -0.03, -0.01), (-0.05, -0.03, 0.0), (-0.01, 0.01, 0.03), (0.01, 0.02, 0.03)]
    assert [differences.verdict(line(*one)) for one in said] == [BETTER, TIE, TIE, WORSE]


def test_what_was_not_measured_says_so() -> None:
    one = line(None, None, None)
    bar = differences.bar(one, differences.scale([one]))
    assert (bar.verdict, bar.words, bar.width) == (UNKNOWN, "not measured", 0)


def test_words_have_a_sign_and_a_unit() -> None:
    bar = differences.bar(line(-0.07, -0.052, -0.033, "0-1h"), differences.scale([]))
    assert (bar.name, bar.words) == ("0 to 1\u00a0h", "\u22125.2\u00a0%")
    assert bar.title.endswith("95\u00a0% interval \u22127.0\u00a0% to \u22123.3\u00a0%, 320 windows")
    assert differences.percent(0.012) == "+1.2\u00a0%"


def test_names_of_leads_metrics_and_profiles_are_read_as_people_say_them() -> None:
    said = [differences.label(one) for one in ("overall", "6-8h", "cpu_pct", "ml-compute", "simulated servers")]
    assert said == ["All, 0 to 8\u00a0h", "6 to 8\u00a0h", "CPU", "ml-compute", "simulated servers"]
    assert differences.check("a_new_rule") == "A new rule"
