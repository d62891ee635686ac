"""The same product on real servers: two variables, no change of code."""

from pathlib import Path

from tests.integration.infra.console import Console, forewarn, wait_for


def test_two_variables_switch_to_real_servers(
    start: type[Console], tmp_path: Path, broker_url: str, postgres_url: str
) -> None:
    running = start(tmp_path, REDIS_URL=broker_url, DATABASE_URL=postgres_url)
    running.until_greeting()
    wait_for(
        lambda: b'forewarn_servers_forecast{stream="fleet-demo"} 20.0' in running.get("/metrics")[1], 60, "20 of 20"
    )
    assert not (tmp_path / "forewarn.db").exists()
    assert "valkey" not in [process.name() for process in running.family()]
    assert running.stop() == 0


def test_a_broker_that_is_not_there_is_named(tmp_path: Path) -> None:
    refused = forewarn("up", "--data-dir", str(tmp_path), REDIS_URL="redis://127.0.0.1:1/0")
    assert refused.returncode == 1
    assert "REDIS_URL" in refused.stderr
    assert refused.stderr.count("\n") == 1
