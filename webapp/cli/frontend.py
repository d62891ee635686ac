"""The pages' bundle: built once, and again only when a source that it is made of has changed."""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.cli.child import Spec
from webapp.cli.place import ROOT
from webapp.core.errors import Unavailable

BUILT = ROOT / ".web" / "build" / "client" / "index.html"
STAMP = ROOT / ".web" / "forewarn-sources"
_FILES = ("rxconfig.py", "bunfig.toml", ".npmrc", "requirements.lock", "ml/schema.py")
_PINS = "reflex.lock"
"""The build itself writes these when the pages use a new package."""
_FOLDERS = ("assets", "webapp/pages", "webapp/components", "webapp/state", "webapp/charts")
_CORE = ("webapp/core/views", "webapp/core/policies", "webapp/realtime", "ml/streams")


def sources(pins: bool) -> Iterator[Path]:
    """Every file that decides what the browser is sent, the packages' pins too if asked."""
    yield from (ROOT / name for name in _FILES)
    yield from sorted((ROOT / "webapp").glob("*.py"))
    for folder in (*_FOLDERS, *_CORE, *((_PINS,) if pins else ())):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and "external" not in path.parts:
                yield path


def digest(pins: bool = True) -> str:
    """The hash of all sources, by name and content."""
    sha = hashlib.sha256()
    for path in sources(pins):
        if path.exists():
            sha.update(os.fsencode(path.relative_to(ROOT)) + b"\0")
            sha.update(path.read_bytes())
    return sha.hexdigest()


def is_fresh() -> bool:
    """Whether the bundle that is there was made from these sources."""
    try:
        return BUILT.exists() and STAMP.read_text() == digest()
    except OSError:
        return False


@contextmanager
def lock(wait: Callable[[], object]) -> Iterator[None]:
    """Hold the build of this checkout; while another console builds, `wait` is called again and again."""
    folder = ROOT / ".states"
    folder.mkdir(exist_ok=True)
    with (folder / "build.lock").open("ab") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                wait()
        yield


def spec() -> Spec:
    """How to build."""
    command = (sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip")
    variables = {"REFLEX_DIR": str(ROOT / ".states" / "reflex"), "NO_COLOR": "1", "COLUMNS": "200"}
    return Spec("pages", command, variables)


def stamp(made_from: str) -> None:
    """Remember what the bundle was made from, unless somebody has edited a source meanwhile."""
    if digest(pins=False) == made_from:
        STAMP.write_text(digest())


def build_now() -> None:
    """Build in the foreground, with the tool's own output."""
    if is_fresh():
        print("The pages are up to date.")
        return
    made_from = digest(pins=False)
    with lock(lambda: time.sleep(0.2)):
        done = subprocess.run(spec().command, cwd=ROOT, env={**os.environ, **spec().variables}, check=False)
    if done.returncode != 0 or not BUILT.exists():
        raise Unavailable(f"the pages could not be built (the build ended with {done.returncode}): see above.")
    stamp(made_from)
