"""Puts a candidate into a running console, without a training.

python -m tests.e2e.candidate FOLDER VERSION BY passes|fails
"""

import sys
from pathlib import Path

from webapp.cli import place


def main(folder: Path, version: str, by: str, gate: str) -> None:
    place.settle(folder)
    from tests.integration.core.candidates import FAILS, PASSES, candidate

    print(candidate(folder / "models", version, by, PASSES if gate == "passes" else FAILS))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
