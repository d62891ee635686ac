"""A training that another process watches: progress as JSON lines, and an end when that process is gone.

Guards that a run whose owner was killed does not train on unseen: the owner holds the other end of standard input, and
when that closes the run ends between two batches, or after `_GRACE` seconds wherever it is. Its checkpoint stays.
Loads no torch: a judgement is held on the same leash.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ml.tft.train import Listener

_GRACE: Final = 20.0
STOPPED: Final = 75
"""Exit code of a run that had to be ended in the middle of something."""


def listener(say: Callable[[str], None], leashed: bool) -> "Listener":
    """Who hears of a run of the command line."""
    from ml.tft.train import Listener

    if not leashed:
        return Listener.of(say)
    return Listener(sentence, lambda one: line(epoch=asdict(one)), closed())


def sentence(text: str) -> None:
    """One line of progress for the process that watches."""
    line(say=text)


def line(**told: object) -> None:
    """One JSON line on stderr."""
    sys.stderr.write(json.dumps(told) + "\n")
    sys.stderr.flush()


def closed() -> Callable[[], bool]:
    """Whether the other end of standard input is gone; from then on the process has `_GRACE` seconds left."""
    gone = threading.Event()

    def wait() -> None:
        while os.read(0, 1024):  # not through sys.stdin: its lock would outlive the interpreter
            pass
        gone.set()
        threading.Timer(_GRACE, lambda: os._exit(STOPPED)).start()

    threading.Thread(target=wait, daemon=True).start()
    return gone.is_set
