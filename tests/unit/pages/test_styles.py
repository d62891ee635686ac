"""Style sheets: a class that lifts what has it out of the page belongs to one sheet."""

import re
from pathlib import Path

SHEETS = sorted((Path(__file__).parents[3] / "assets" / "styles").glob("*.css"))
SHARED = {"fw-small-plot"}  # the same charts, on another page as well
_LIFTED = re.compile(r"^\.(fw-[\w-]+)\s*\{[^}]*position:\s*(?:absolute|fixed)", re.MULTILINE)


def test_a_class_that_lifts_is_styled_by_no_other_page() -> None:
    """Else another page that means only a colour by the name has its words drawn over something else."""
    texts = {sheet.name: sheet.read_text() for sheet in SHEETS}
    lifted = {name: owner for owner, text in texts.items() for name in _LIFTED.findall(text)}
    assert "fw-ghost" in lifted
    shared = [
        (name, other)
        for name, owner in lifted.items()
        for other, text in texts.items()
        if other != owner
        and name not in SHARED
        and not other.startswith(("00", "10", "20"))
        and re.search(rf"\.{name}(?![\w-])", text)
    ]
    assert shared == []
