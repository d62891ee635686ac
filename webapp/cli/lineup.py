"""The processes of a running console and how each is started: web, one worker a queue, the scheduler."""

import os
import shutil
import sys
from collections.abc import Mapping

from webapp.cli.child import Spec
from webapp.cli.place import ROOT, make_writable
from webapp.core.errors import NotFound
from webapp.core.jobs import MOST_DRIVEN
from webapp.core.settings import Settings, settings

_QUEUES = {"inference": 2, "playback": MOST_DRIVEN, "default": 8, "training": 1, "shadow": 1}
"""Threads of each queue's worker: one drives a stream, so playback has as many as streams can run;
default has some to spare for Prometheus servers that are slow to answer."""
_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_REFLEX = {
    # Names of Reflex's own, fixed by the exact pin of its version: serve the bundle, compile nothing.
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    "REFLEX_ENV_MODE": "prod",
    "REFLEX_DIR": str(ROOT / ".states" / "reflex"),
}


def first(config: Settings) -> list[Spec]:
    """What readiness needs."""
    return [_web(config), _worker("inference")]


def rest() -> list[Spec]:
    """What may start a moment later."""
    workers = [_worker(queue) for queue in _QUEUES if queue != "inference"]
    scheduler = Spec("scheduler", (sys.executable, "-m", "workers.scheduler"), _threads(1), grace_s=5)
    return [*workers, scheduler]


def become(name: str) -> None:
    """Turn this process into one of them; its output stays where it is."""
    known = {spec.name: spec for spec in (*first(settings()), *rest())}
    if name not in known:
        raise NotFound(f"There is no process {name}: name one of {', '.join(known)}.")
    spec = known[name]
    make_writable(settings().data_dir)
    metrics = settings().data_dir / "run" / f"metrics-{name}"  # containers share a folder, and process numbers
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir()
    own = {"FOREWARN_METRICS_DIR": str(metrics), "PROMETHEUS_MULTIPROC_DIR": str(metrics)}
    os.chdir(ROOT)
    os.execve(spec.command[0], spec.command, {**os.environ, **spec.variables, **own})


def _web(config: Settings) -> Spec:
    options = ("--interface", "asgi", "--factory", "--host", config.host, "--port", str(config.port))
    quiet = ("--no-access-log", "--log-level", "warning", "--workers", "1", "--workers-kill-timeout", "5")
    command = (sys.executable, "-m", "granian", *options, *quiet, "webapp.cli.serve:app")
    return Spec("web", command, {**_threads(1), **_REFLEX})


def _worker(queue: str) -> Spec:
    options = ("--processes", "1", "--threads", str(_QUEUES[queue]), "--queues", queue, "--skip-logging")
    command = (sys.executable, "-m", "dramatiq", "workers.main", *options, "--worker-shutdown-timeout", "8000")
    variables = {"dramatiq_queue_prefetch": "1"} if queue == "training" else {}
    return Spec(queue, command, {**_threads(_share(queue)), **variables})


def _share(queue: str) -> int:
    """Cores of one worker's number crunching: the two that crunch share the machine."""
    return max(1, (os.cpu_count() or 1) // 2) if queue in ("inference", "training") else 1


def _threads(count: int) -> Mapping[str, str]:
    """Without a limit every process would start a pool as wide as the machine."""
    return {**dict.fromkeys(_POOLS, str(count)), "MALLOC_ARENA_MAX": "2"}
