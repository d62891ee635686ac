"""A training that another process watches: progress as JSON lines, and an end when that process is gone.

Guards that a run whose owner was killed does not train on unseen: the owner holds the other end of standard input, and
when that closes the run ends between two batches, or after `_GRACE` seconds wherever it is. Its checkpoint stays.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from ml.tft.train import Listener, Progress

_GRACE: Final = 20.0
STOPPED: Final = 75
"""Exit code of a run that had to be ended in the middle of something."""


def listener(say: Progress, leashed: bool) -> Listener:
    """Who hears of a run of the command line."""
    if not leashed:
        return Listener.of(say)
    return Listener(lambda text: _line(say=text), lambda one: _line(epoch=asdict(one)), _closed())


def _line(**told: object) -> None:
    sys.stderr.write(json.dumps(told) + "\n")
    sys.stderr.flush()


def _closed() -> Callable[[], bool]:
    gone = threading.Event()

    def wait() -> None:
        while os.read(0, 1024):  # not through sys.stdin: its lock would outlive the interpreter
            pass
        gone.set()
        threading.Timer(_GRACE, lambda: os._exit(STOPPED)).start()

    threading.Thread(target=wait, daemon=True).start()
    return gone.is_set
