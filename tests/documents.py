"""Documents of evidence as `python -m ml judge` writes them, for tests: by default one that passes every check."""

import copy
from typing import Any

CANDIDATE, CHAMPION, WINDOWS = "c" * 64, "a" * 64, "b" * 64
LEADS = ("0-1h", "1-2h", "2-4h", "4-6h", "6-8h")
METRICS = ("cpu_pct", "memory_pct", "disk_used_pct", "disk_io_mbps", "net_mbps", "latency_ms", "error_pct")
PROFILES = ("database", "storage", "web")


def judged(
    relative: float = -0.034, candidate: str = CANDIDATE, champion: str = CHAMPION, version: str = "1.1.0"
) -> dict[str, Any]:
    """What was measured of a candidate whose loss is the champion's times 1 + `relative`."""
    groups = {"by_lead": LEADS, "by_metric": METRICS, "by_profile": PROFILES}
    differences = {group: {name: _difference(relative, 320) for name in names} for group, names in groups.items()}
    losses = {"candidate": 0.11 * (1 + relative), "champion": 0.11, "ridge": 0.125, "best_naive": 0.17}
    losses |= {"seasonal_naive": 0.24, "persistence": 0.22}
    return {
        "schema": 1,
        "stream": "fleet-demo",
        "candidate": _model(candidate, version, 2, "2026-02-25T10:05:00+00:00", "2026-03-03T08:00:00+00:00"),
        "champion": _model(champion, "1.0.0", 1, None, None),
        "windows": {
            "sha256": WINDOWS, "count": 320, "servers": 20, "days": 1.9, "left_out": 0,
            "first_at": "2026-03-03T08:05:00+00:00", "last_at": "2026-03-05T06:00:00+00:00",
        },
        "models": {name: _scores(loss, groups) for name, loss in losses.items()},
        "difference": {**_difference(relative, 320), "seed_noise": None, "blocks": 60, **differences},
        "elsewhere": {**_difference(relative, 240), "servers": 12, "seed": 950_000},
        "worse": [],
        "latency": {"servers": 20, "candidate_ms": 11.2, "champion_ms": 11.0},
        "size": {"candidate_bytes": 2_420_716, "champion_bytes": 2_420_716},
        "commit": "0" * 40,
        "machine": {"cores": 2, "cpu": "a processor", "memory_gb": 8.0, "gpu": None},
        "seconds": 21.5,
    }  # fmt: skip


def _model(sha256: str, version: str, seed: int, first_at: str | None, last_at: str | None) -> dict[str, Any]:
    trained = {
        "known": True, "first_at": first_at, "last_at": last_at, "mode": "fine_tune" if first_at else "scratch",
        "data_sha256": "d" * 64 if first_at else None,
    }  # fmt: skip
    return {
        "model": "fleet-tft", "version": version, "sha256": sha256, "verified": True, "parameters": 542_041,
        "bytes": 2_420_716, "seed": seed, "trained": trained,
    }  # fmt: skip


def _difference(relative: float, windows: int) -> dict[str, Any]:
    return {"relative": relative, "ci95": [relative - 0.012, relative + 0.012], "windows": windows, "blocks": 60}


def _scores(loss: float, groups: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    figures = {"pinball": loss, "skill": 1 - loss / 0.24, "coverage80": 0.801, "mae": 3 * loss, "windows": 320}
    whole = {group: {name: dict(figures) for name in names} for group, names in groups.items()}
    return {**figures, "forecast_share": 1.0, **whole}


def changed(document: dict[str, Any], *path: str, to: Any) -> dict[str, Any]:
    """A copy with another value at a path."""
    made = copy.deepcopy(document)
    place = made
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return made
