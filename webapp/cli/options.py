"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Folder of all data.", show_default=".data")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on the last line of stdout.")]
