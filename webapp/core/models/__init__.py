"""SQLModel tables, one file a noun. Importing this package registers every table."""

from webapp.core.models import naming  # before any table is made

# isort: split
from webapp.core.models import (
    assets,
    audit,
    calibrations,
    forecasts,
    incidents,
    job_failures,
    keys,
    maintenance,
    merges,
    model_versions,
    playbacks,
    profiles,
    prometheus,
    risks,
    scenarios,
    streams,
    telemetry,
    thresholds,
    users,
)

__all__ = [
    "assets",
    "audit",
    "calibrations",
    "forecasts",
    "incidents",
    "job_failures",
    "keys",
    "maintenance",
    "merges",
    "model_versions",
    "naming",
    "playbacks",
    "profiles",
    "prometheus",
    "risks",
    "scenarios",
    "streams",
    "telemetry",
    "thresholds",
    "users",
]
