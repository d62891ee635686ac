"""`forewarn doctor`: everything that should hold before a demo, each with its fix."""

import json
import shutil
import sys
from typing import TYPE_CHECKING

import typer

from webapp.cli import bootstrap, frontend, place
from webapp.cli.options import AsJson, DataDir
from webapp.core.errors import ForewarnError
from webapp.core.views.health import Check

if TYPE_CHECKING:
    from webapp.core.settings import Settings

MEMORY_MB = 1500
"""What the whole console may use."""


def doctor(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check this installation; ends with 1 when something needs fixing (with --json always 0)."""
    place.meet(data_dir)
    from webapp.core.services import health
    from webapp.core.settings import settings

    checks = (*_own(settings()), *health.doctor())
    fine = all(check.ok for check in checks)
    if as_json:
        from webapp.core.services import about, machine

        rows = [
            {"name": one.name, "ok": one.ok, "detail": one.detail, "fix": "" if one.ok else one.fix} for one in checks
        ]
        said = {
            "checks": rows,
            "ok": fine,
            "machine": machine.describe(),
            "commit": about.commit(),
            "seed": settings().demo_seed,
        }
        print(json.dumps(said))
        return
    for check in checks:
        _show(check)
    raise typer.Exit(0 if fine else 1)


def _show(check: Check) -> None:
    print(f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<12} {check.detail}")
    if not check.ok and check.fix:
        print(f"                   fix: {check.fix}")


def _own(settings: "Settings") -> tuple[Check, ...]:
    """What can be known without a database or a broker."""
    return (_python(), _packages(), _memory(), _folder(settings), _port(settings), _pages())


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("python", bootstrap.fitting(sys.version_info[:2]), version, "Install Python 3.11 to 3.14.")


def _packages() -> Check:
    known = bootstrap.stamps().get("run") == bootstrap.digest(bootstrap.LOCKS["run"])
    detail = "as locked" if known else "not those of requirements.lock"
    return Check("packages", known, detail, "Run `make run`: it installs what changed.")


def _memory() -> Check:
    import psutil

    free = psutil.virtual_memory().available / 1e6
    return Check("memory", free >= MEMORY_MB, f"{free:.0f} MB free", f"Close something: {MEMORY_MB} MB are wanted.")


def _folder(settings: "Settings") -> Check:
    try:
        place.make_writable(settings.data_dir)
    except ForewarnError as error:
        return Check("data folder", False, error.message, "Make the folder writable.")
    free = shutil.disk_usage(settings.data_dir).free / 1e6
    return Check("data folder", True, f"{settings.data_dir}, {free:.0f} MB free on its disk")


def _port(settings: "Settings") -> Check:
    from webapp.cli.up import address, is_alive

    if is_alive(settings):
        return Check("port", True, f"the console answers at {address(settings)}")
    try:
        place.check_port(settings.host, settings.port)
    except ForewarnError as error:
        return Check("port", False, error.message, "Stop what listens there, or choose another --port.")
    return Check("port", False, f"nothing answers at {address(settings)}", "Start the console: make run.")


def _pages() -> Check:
    fresh = frontend.is_fresh()
    return Check(
        "pages", fresh, "built from these sources" if fresh else "older than their sources", "Restart the console."
    )
