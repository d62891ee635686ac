"""Programs that stand for a training and for a judgement: they speak as the real ones do, and take no time."""

import sys

import pytest

from webapp.core.services import champions
from webapp.core.services.evidence import Rival
from workers.training import Training

HEAR = """
import json, sys
from dataclasses import replace
from pathlib import Path
def tell(**said): print(json.dumps(said), file=sys.stderr, flush=True)
tell(say="cutting examples")
tell(epoch={"network": "known", "epoch": 1, "epochs": 2, "loss": 0.25, "steps_per_s": 9.0, "minutes_left": 1.5})
"""
GOOD = (
    HEAR
    + """
from ml.artifacts import read, write
manifest, _, tensors = read(Path(sys.argv[1]))
write(Path(sys.argv[2]), tensors, replace(manifest, version=sys.argv[3], files={}))
print(json.dumps({"val_pinball": 0.25, "parameters": 7, "machine": {"cores": 2}}))
"""
)
BAD = HEAR + "tell(say='error: training on telemetry needs at least 5 machines, not 3'); sys.exit(2)"
KILLED = HEAR + "import os; os.kill(os.getpid(), 9)"
ONCE = "import sys; print('trained a second time', file=sys.stderr); sys.exit(1)"
JUDGE = """
import json, sys
from pathlib import Path
from ml.cli import build_parser
from tests.documents import judged
def sha256(folder): return json.loads((Path(folder) / "manifest.json").read_text())["sha256"]
candidate, champion, out = sys.argv[1:4]
Path(out).write_text(json.dumps(judged(-0.03, sha256(candidate), sha256(champion))))
print("{}")
"""
NONSENSE = JUDGE.replace("-0.03", "float('nan')")
PATIENT = HEAR + "sys.stdin.read(); tell(say='error: cancelled after 3 steps'); sys.exit(2)"

TORN = GOOD.replace(
    "manifest, _, tensors",
    """import os, signal
flush, written = os.fsync, []
def torn(file):
    written.append(flush(file))
    if len(written) == 2:  # the weights are written and the manifest is, nothing has its name yet
        os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
os.fsync = torn
manifest, _, tensors""",
)
"""Ends with its worker while it writes the artefact."""
FULL = GOOD.replace(
    "manifest, _, tensors",
    """import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
manifest, _, tensors""",
).replace(
    "write(Path(sys.argv[2]), tensors, replace(manifest, version=sys.argv[3], files={}))",
    """try: write(Path(sys.argv[2]), tensors, replace(manifest, version=sys.argv[3], files={}))
except OSError as error: tell(say=f"error: {error}"); sys.exit(2)""",
)
"""Cannot write the whole artefact."""
WAITS = """
import sys, time
from pathlib import Path
from threading import Thread
def leave():
    sys.stdin.read()
    __import__("os")._exit(2)
Thread(target=leave, daemon=True).start()
while not Path(sys.argv[4]).exists(): time.sleep(0.05)
"""
"""Goes on when a file is there, and ends when its standard input does."""


def processes(monkeypatch: pytest.MonkeyPatch, program: str, judge: str) -> None:
    """What workers start from now on."""

    def command(self: Training) -> list[str]:
        return [sys.executable, "-c", program, str(champions.SHIPPED), str(self.out), self.held.version]

    def judging(self: Training, rival: Rival) -> list[str]:
        return [sys.executable, "-c", judge, str(self.candidate), str(rival.folder), str(self.document)]

    monkeypatch.setattr(Training, "_command", command)
    monkeypatch.setattr(Training, "_judging", judging)
    monkeypatch.setattr("workers.training._LOOK_S", 0.1)
