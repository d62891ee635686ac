"""The token sheet is in step, and readable in both themes."""

import re

import pytest

from webapp import theme

TEXT_ON = [("text", "surface"), ("text2", "surface"), ("text3", "surface"), ("text3", "bg"), ("accent", "surface"),
           ("critical", "surface"), ("warning", "surface"), ("watch", "surface"), ("pass", "surface"),
           ("ghost", "surface"), ("on-accent", "button"), ("on-critical", "critical"), ("on-now", "now")]  # fmt: skip


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_written_sheet_is_the_one_that_the_tokens_give():
    assert theme.SHEET.read_text(encoding="utf-8") == theme.css()


def test_both_themes_have_the_same_tokens():
    assert theme.DARK.keys() == theme.LIGHT.keys()


@pytest.mark.parametrize("tokens", [theme.DARK, theme.LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_ON)
def test_text_has_enough_contrast(tokens, ink, ground):
    assert contrast(tokens[ink], tokens[ground]) >= 4.5


@pytest.mark.parametrize("tokens", [theme.DARK, theme.LIGHT], ids=["dark", "light"])
def test_edges_of_controls_have_enough_contrast(tokens):
    assert contrast(tokens["line2"], tokens["surface"]) >= 3


def test_no_other_sheet_has_a_colour_of_its_own():
    others = [one for one in theme.SHEET.parent.glob("*.css") if one != theme.SHEET]
    assert not [one.name for one in others if re.search(r"#[0-9a-fA-F]{3,8}\b", one.read_text(encoding="utf-8"))]
