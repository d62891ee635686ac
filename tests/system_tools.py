"""Programs and one library outside Python that some tests need, and how the system's package manager gets them.

`make test` runs this file: it installs what is missing where it may (root, or sudo without a
password), and says otherwise which tests are skipped. With CI=true nothing may be missing.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tool:
    """A file under any of `names`, looked for in `folders` besides PATH; `package` is Debian's."""

    package: str
    names: tuple[str, ...]
    folders: tuple[str, ...] = ()

    def find(self) -> str | None:
        """Where it is, the newest version first."""
        for name in self.names:
            if found := shutil.which(name):
                return found
            known = sorted(path for pattern in self.folders for path in Path("/").glob(f"{pattern}/{name}"))
            if known:
                return str(known[-1])
        return None


TOOLS = {
    "Chromium": Tool("chromium", ("chromium", "chromium-browser", "google-chrome")),
    "PostgreSQL": Tool("postgresql", ("initdb",), ("usr/lib/postgresql/*/bin",)),
    "nginx": Tool("nginx-light", ("nginx",), ("usr/sbin",)),
    "openssl": Tool("openssl", ("openssl",)),
    "promtool": Tool("prometheus", ("promtool",)),
    "Prometheus": Tool("prometheus", ("prometheus",)),
    "node_exporter": Tool("prometheus-node-exporter", ("prometheus-node-exporter", "node_exporter")),
    "OpenMP": Tool(  # what LightGBM is linked with
        "libgomp1",
        ("libgomp.so.1", "libomp.dylib"),
        ("usr/lib/*", "usr/lib64", "usr/lib", "opt/homebrew/opt/libomp/lib"),
    ),
}


def missing() -> list[str]:
    """Names of the tools that are not there."""
    return [name for name, tool in TOOLS.items() if tool.find() is None]


def in_ci() -> bool:
    """Whether everything has to be there."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def install(names: list[str]) -> None:
    """Try Debian's packages; what cannot be had stays missing."""
    rights = _rights()
    if rights is None or shutil.which("apt-get") is None:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = [TOOLS[name].package for name in names]
    print("Installing for the tests:", *packages, flush=True)
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [*rights, "apt-get", "-qq", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode != 0:
            print(f"apt-get {command[0]} failed", file=sys.stderr)


def _rights() -> list[str] | None:
    """What to put before a command that needs root; None when it cannot be had without asking."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n", "DEBIAN_FRONTEND=noninteractive"]
    return None


def main() -> int:
    """Install what is missing; in CI, fail when something still is."""
    if names := missing():
        install(names)
    left = missing()
    for name in left:
        print(f"{name} is missing: its tests are skipped (sudo apt-get install {TOOLS[name].package})", flush=True)
    return 1 if left and in_ci() else 0


if __name__ == "__main__":
    sys.exit(main())
