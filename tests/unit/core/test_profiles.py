"""Which profile a server has, and on what ground."""

import pytest

from ml.schema import Profile
from webapp.core.errors import Invalid
from webapp.core.policies.profiles import MOST_RULES, Facts, choose, fits, parse, written
from webapp.core.views.profiles import Chosen, Ground, Rule

RULES = (Rule(None, "db*", Profile.CACHE), Rule("job", "post*", Profile.DATABASE), Rule(None, "*", Profile.WORKER))


def test_by_hand_beats_rules_and_senders() -> None:
    facts = Facts("db-1", {"job": "postgres"}, told="web", by_hand="storage")
    assert choose(facts, RULES) == Chosen(Profile.STORAGE, Ground.HAND)


def test_the_first_rule_that_fits_counts() -> None:
    assert choose(Facts("db-1", {"job": "postgres"}, told="web"), RULES) == Chosen(Profile.CACHE, Ground.RULE, 1)
    assert choose(Facts("x-1", {"job": "postgres"}), RULES) == Chosen(Profile.DATABASE, Ground.RULE, 2)


def test_a_rule_on_a_label_leaves_servers_without_it() -> None:
    assert choose(Facts("x-1", {"env": "post"}), RULES).rule == 3
    assert choose(Facts("box", {}), (Rule("job", "*", Profile.QUEUE),)).ground is Ground.NOBODY


def test_without_a_rule_the_sender_is_believed_then_the_name() -> None:
    assert choose(Facts("web-1", told="queue"), ()) == Chosen(Profile.QUEUE, Ground.SENDER)
    assert choose(Facts("web-1"), ()) == Chosen(Profile.WEB, Ground.NAME)
    assert choose(Facts("box"), ()) == Chosen(Profile.UNKNOWN, Ground.NOBODY)


def test_rules_are_written_as_they_are_read() -> None:
    text = "name db* database\nlabel job=my jobs* worker\n"
    assert written(parse(f"# ours\n\n{text}")) == text
    assert parse(text)[1] == Rule("job", "my jobs*", Profile.WORKER)


@pytest.mark.parametrize(("line", "said"), [
    ("db* database", "write a rule"), ("name database", "write a rule"), ("name db* toaster", "no profile toaster"),
    ("label job database", "write a rule"), ("label 1x=a web", "a label is named"), ("label job= web", "write a rule"),
    ("name " + "x" * 129 + " web", "at most 128"), ("name a\x07b web", "printable"), ("name", "write a rule"),
])  # fmt: skip
def test_a_wrong_rule_is_named_by_its_line(line: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as caught:
        parse(f"name ok* web\n{line}")
    assert (caught.value.errors[0].field, caught.value.errors[0].row) == ("rules", 2)


def test_too_many_rules_are_refused() -> None:
    with pytest.raises(Invalid, match=f"at most {MOST_RULES}"):
        parse("name a web\n" * (MOST_RULES + 1))


def test_a_pattern_full_of_stars_takes_no_time() -> None:
    rule = Rule(None, "*a" * 60, Profile.WEB)
    assert not fits(rule, "a" * 50 + "b", {})
