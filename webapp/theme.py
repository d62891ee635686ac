"""Colours, type and spacing of the console: the only place with hex codes.

`python -m webapp.theme` writes `assets/styles/00-theme.css`, which every other style sheet
reads through `--fw-*`; a test keeps the two in step. Contrast of text is at least 4.5:1 and of
controls and risk marks 3:1 in both themes.
"""

from pathlib import Path
from typing import Final

ASSETS: Final = Path(__file__).resolve().parents[1] / "assets"
SHEET: Final = ASSETS / "styles" / "00-theme.css"

DARK: Final = {
    "bg": "#0C0F12",
    "surface": "#13171B",
    "raised": "#1A1F25",
    "sel": "#222932",
    "line": "#242B32",
    "grid": "#1E242A",
    "line2": "#66727F",
    "text": "#E6EAEE",
    "text2": "#AAB4BE",
    "text3": "#87929E",
    "accent": "#4CC3DA",
    "button": "#3FB4CB",
    "on-accent": "#04181D",
    "accent-soft": "#4CC3DA22",
    "critical": "#FF7062",
    "on-critical": "#1B0503",
    "critical-soft": "#FF70621F",
    "warning": "#F4B13E",
    "warning-soft": "#F4B13E1C",
    "watch": "#D6CB92",
    "watch-soft": "#D6CB9214",
    "pass": "#62BE93",
    "pass-soft": "#62BE931C",
    "ghost": "#B7A3F5",
    "ghost-soft": "#B7A3F51F",
    "measured": "#C9D1D9",
    "now": "#E6EAEE",
    "on-now": "#0C0F12",
    "tile": "#36404A",
    "future": "#4CC3DA0B",
    "fan90": "#4CC3DA1F",
    "fan80": "#4CC3DA3D",
    "fan50": "#4CC3DA66",
    "baseline": "#87929E",
    "baseline-fan": "#87929E47",
    "upkeep": "#87929E29",
    "skeleton": "#1E242B",
    "field": "#0C0F12",
    "veil": "#05070999",
    "shadow": "0 12px 32px #0009",
    "card-shadow": "none",
}

LIGHT: Final = {
    "bg": "#F3F5F7",
    "surface": "#FFFFFF",
    "raised": "#F4F6F8",
    "sel": "#E8EDF1",
    "line": "#DEE3E8",
    "grid": "#ECEFF2",
    "line2": "#7C8B98",
    "text": "#11171C",
    "text2": "#44505B",
    "text3": "#5D6974",
    "accent": "#066F85",
    "button": "#066F85",
    "on-accent": "#FFFFFF",
    "accent-soft": "#066F8516",
    "critical": "#C3271B",
    "on-critical": "#FFFFFF",
    "critical-soft": "#C3271B12",
    "warning": "#9A5800",
    "warning-soft": "#E08A0021",
    "watch": "#6E6100",
    "watch-soft": "#B9A50017",
    "pass": "#157551",
    "pass-soft": "#15755114",
    "ghost": "#6A4CC4",
    "ghost-soft": "#6A4CC414",
    "measured": "#2B353E",
    "now": "#11171C",
    "on-now": "#F3F5F7",
    "tile": "#C3CCD4",
    "future": "#066F8508",
    "fan90": "#0E8CA61C",
    "fan80": "#0E8CA638",
    "fan50": "#0E8CA666",
    "baseline": "#5D6974",
    "baseline-fan": "#5D697438",
    "upkeep": "#5D697424",
    "skeleton": "#E9EDF0",
    "field": "#FFFFFF",
    "veil": "#11171C59",
    "shadow": "0 12px 32px #11111822",
    "card-shadow": "0 1px 2px #1017220A",
}


def sheets() -> list[str]:
    """Every style sheet in the order of its name, as Reflex wants them."""
    return [f"styles/{path.name}" for path in sorted(SHEET.parent.glob("*.css"))]


def css() -> str:
    """The token sheet. `:root` is dark until the first script sets the class."""
    blocks = ((":root, .dark", DARK), (".light", LIGHT))
    return "/* Written by webapp/theme.py: change it there. */\n" + "".join(_block(*one) for one in blocks)


def _block(selector: str, tokens: dict[str, str]) -> str:
    lines = "".join(f"  --fw-{name}: {value};\n" for name, value in tokens.items())
    return f"{selector} {{\n{lines}}}\n"


if __name__ == "__main__":
    SHEET.write_text(css(), encoding="utf-8")
