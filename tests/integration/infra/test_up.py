"""`forewarn up`: ready, said clearly, stopped cleanly."""

import os
import signal
import socket
from pathlib import Path

import psutil
import pytest

from tests.integration.infra.console import Console, forewarn, free_port, gone, wait_for


def test_a_second_start_is_ready_within_five_seconds(start: type[Console], tmp_path: Path) -> None:
    first = start(tmp_path / "d")
    first.until_greeting()
    first.stop()
    took = []
    for _ in range(2):
        again = start(tmp_path / "d")
        took.append(again.until_ready())
        again.stop()
    assert min(took) < 5 * _crowd(), took


def _crowd() -> float:
    """How many others want each core: 1 on a machine that does nothing else."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_a_ctrl_c_leaves_no_process_and_ends_with_zero(start: type[Console], tmp_path: Path) -> None:
    running = start(tmp_path / "d")
    running.until_greeting()
    wait_for(lambda: len(running.processes()) == 9, 30, "all processes are told")
    family = running.family()
    assert running.stop(signal.SIGINT) == 0
    assert gone(family)
    assert "Traceback" not in running.output()
    assert running.output().endswith("Stopped.\n")


@pytest.mark.parametrize("after", [0.0, 0.4, 1.0, 2.0])
def test_a_ctrl_c_during_the_start_leaves_nothing_either(after: float, start: type[Console], tmp_path: Path) -> None:
    running = start(tmp_path / "d")
    wait_for((tmp_path / "d" / "run").exists, 20, "it begins")
    wait_for(lambda: _age(running) > after, 10, "some time")
    family = running.family()
    begun = after > 0.0  # before the supervisor listens, an interrupt simply ends the process
    assert running.stop() in ((0,) if begun else (0, -signal.SIGINT))
    wait_for(lambda: gone(family), 5, "everything has ended")
    assert "Traceback" not in running.output()


def _age(running: Console) -> float:
    return psutil.time.time() - psutil.Process(running.process.pid).create_time()


def test_a_killed_supervisor_takes_everything_with_it(start: type[Console], tmp_path: Path) -> None:
    running = start(tmp_path / "d")
    running.until_greeting()
    family = running.family()
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    wait_for(lambda: gone(family), 20, "its children have ended")


def test_a_second_instance_is_refused_in_one_line(console: Console) -> None:
    second = forewarn("up", "--port", str(free_port()), "--data-dir", str(console.folder))
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert f"already runs from {console.folder} (on port {console.port})" in second.stderr


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = forewarn("up", "--port", port, "--data-dir", str(tmp_path / "d"))
    assert refused.returncode == 1
    assert (
        refused.stderr == f"forewarn: port {port} is in use: choose another with --port, or stop what listens there.\n"
    )


def test_a_data_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused = forewarn("up", "--data-dir", str(tmp_path / "file" / "d"))
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "cannot write to" in refused.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without rights")
def test_a_read_only_folder_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    refused = forewarn("up", "--data-dir", "/proc/forewarn")
    assert refused.returncode == 1
    assert refused.stderr.startswith("forewarn: cannot write to /proc/forewarn (")


@pytest.mark.parametrize(
    ("options", "variables", "says"),
    [
        (["--speed", "fast"], {}, "fast is not a speed"),
        (["--host", "no.such.host.invalid"], {}, "is not an address of this machine"),
        ([], {"FOREWARN_PORT": "many"}, "FOREWARN_PORT"),
        (["--port", "70000"], {}, "FOREWARN_PORT"),
    ],
)
def test_wrong_options_are_one_line(options: list[str], variables: dict[str, str], says: str, tmp_path: Path) -> None:
    refused = forewarn("up", "--data-dir", str(tmp_path / "d"), *options, **variables)
    assert refused.returncode in (1, 2)
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_broker_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    refused = forewarn(
        "user", "list", "--data-dir", str(tmp_path / "d"), DATABASE_URL="postgresql://nobody@127.0.0.1:1/x"
    )
    assert refused.returncode == 1
    assert "the database does not answer" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_deep_data_folder_works(start: type[Console], tmp_path: Path) -> None:
    deep = tmp_path / ("long" * 20) / ("name" * 15)
    running = start(deep)
    running.until_greeting()
    assert running.stop() == 0
