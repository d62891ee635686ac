"""The real console: every handler that a socket client can name says who may run it."""

import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from webapp.core.policies.roles import Role

ROOT = Path(__file__).resolve().parents[3]
_LIST = """
import json
import webapp.main
from reflex_base.registry import RegistrationContext
from webapp.state import guard
names = RegistrationContext.get().event_handlers
print(json.dumps({name: guard.role_of(name) for name in names if name not in guard.FRAMEWORK}))
"""
FRAMEWORKS_OWN = ("setvar",)
"""Made for every state by the framework; never marked, so open to nobody."""


@lru_cache(maxsize=1)
def handlers() -> dict[str, str | None]:
    """Each handler of the console with the role that it asks for. In a process of its own: one app a process."""
    done = subprocess.run([sys.executable, "-c", _LIST], cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def test_every_handler_of_the_console_is_marked() -> None:
    ours = {name: role for name, role in handlers().items() if name.rpartition(".")[2] not in FRAMEWORKS_OWN}
    assert ours
    assert [name for name, role in ours.items() if role is None] == []


def test_what_changes_something_needs_an_operator() -> None:
    words = ("start", "stop", "inject", "restore", "speed", "pause", "resume", "allow", "lever")
    acting = {n: r for n, r in handlers().items() if any(word in n.rpartition(".")[2].split("_") for word in words)}
    assert {name: role for name, role in acting.items() if not Role(str(role)).covers(Role.OPERATOR)} == {}
