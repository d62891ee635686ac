"""SQLModel tables, one file a noun. Importing this package registers every table."""

from webapp.core.models import naming  # before any table is made

# isort: split
from webapp.core.models import (
    assets,
    audit,
    calibrations,
    forecasts,
    job_failures,
    keys,
    model_versions,
    playbacks,
    prometheus,
    promotions,
    risks,
    scenarios,
    streams,
    telemetry,
    training_runs,
    users,
)

__all__ = [
    "assets",
    "audit",
    "calibrations",
    "forecasts",
    "job_failures",
    "keys",
    "model_versions",
    "naming",
    "playbacks",
    "prometheus",
    "promotions",
    "risks",
    "scenarios",
    "streams",
    "telemetry",
    "training_runs",
    "users",
]
