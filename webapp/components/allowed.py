"""Who is shown a control. Only the look: every handler checks the role again.

A control that somebody may not use is not shown; one quiet sentence says which role may.
"""

from typing import Any

from webapp.state.shell import Shell


def is_admin() -> Any:
    """Whether an administrator looks."""
    return Shell.role == "admin"


def may_operate() -> Any:
    """Whether somebody looks who may do more than that."""
    return (Shell.role != "") & (Shell.role != "viewer")


def may_approve() -> Any:
    """Whether somebody looks who decides what holds for everybody."""
    return (Shell.role == "approver") | is_admin()
