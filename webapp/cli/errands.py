"""Processes that are expected to end before the console is up: the preparation and the page build."""

import hashlib
import json
import os
import signal
import sys
from pathlib import Path

from webapp.cli import frontend
from webapp.cli.child import Spec, ended, spawn
from webapp.cli.place import ROOT
from webapp.core.errors import Unavailable
from webapp.core.settings import Settings


class Errand:
    """One such process; its messages go to a log, its answer (if any) to `answer`."""

    def __init__(self, spec: Spec, logs: Path, answers: bool = False) -> None:
        self.log = logs / f"{spec.name}.log"
        self.process = spawn(spec, self.log, pipe=answers)

    def done(self) -> bool:
        return self.process.poll() is not None

    def cancel(self) -> None:
        """End it with everything that it started."""
        if not self.done():
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Preparation(Errand):
    """Schema, demo fleet and sign-in link, in `webapp.cli.prepare`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Spec("prepare", (sys.executable, "-m", "webapp.cli.prepare")), _logs(settings), answers=True)
        self._stamp = _schema_stamp(settings)
        self._revision = _revision(settings)

    @staticmethod
    def known(settings: Settings) -> bool:
        """Whether this schema was prepared here before: then the console need not wait for it."""
        try:
            return _schema_stamp(settings).read_text() == _revision(settings)
        except OSError:
            return False

    def token(self) -> str:
        """The sign-in link's token; one sentence when the preparation failed."""
        output = self.process.stdout.read().decode() if self.process.stdout else ""
        answer = json.loads(output.strip().splitlines()[-1]) if output.strip() else {}
        if "token" in answer:
            self._stamp.write_text(self._revision)
            return str(answer["token"])
        self._stamp.unlink(missing_ok=True)
        how = ended(self.process.wait())
        raise Unavailable(answer.get("error") or f"the preparation {how}: see the end of {self.log}")


class Pages(Errand):
    """The page build. Waits for another build in this checkout, and then finds nothing to do."""

    def __init__(self, settings: Settings) -> None:
        self._made_from = frontend.digest(pins=False)
        super().__init__(frontend.spec(), _logs(settings))

    def finish(self) -> None:
        """Stamp the bundle; one sentence when it could not be made."""
        code = self.process.wait()
        if code != 0 or not frontend.BUILT.exists():
            raise Unavailable(f"the pages could not be built (the build {ended(code)}): see the end of {self.log}")
        frontend.stamp(self._made_from)


def _logs(settings: Settings) -> Path:
    return settings.data_dir / "logs"


def _schema_stamp(settings: Settings) -> Path:
    return settings.data_dir / "run" / "schema"


def _revision(settings: Settings) -> str:
    """What the preparation depends on; a database file that was removed makes it new."""
    sha = hashlib.sha256(settings.database.encode())
    file = settings.database.removeprefix("sqlite:///")
    sha.update(str(file == settings.database or Path(file).exists()).encode())
    for path in sorted((ROOT / "alembic" / "versions").glob("*.py")):
        sha.update(path.read_bytes())
    return sha.hexdigest()
