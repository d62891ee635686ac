"""SQLModel tables, one file a noun. Importing this package registers every table."""

from webapp.core.models import naming  # before any table is made

# isort: split
from webapp.core.models import (
    assets,
    audit,
    calibrations,
    conditions,
    deliveries,
    forecasts,
    job_failures,
    keys,
    model_versions,
    notifications,
    playbacks,
    preferences,
    prometheus,
    risks,
    scenarios,
    streams,
    sweeps,
    telemetry,
    users,
)

__all__ = [
    "assets",
    "audit",
    "calibrations",
    "conditions",
    "deliveries",
    "forecasts",
    "job_failures",
    "keys",
    "model_versions",
    "naming",
    "notifications",
    "playbacks",
    "preferences",
    "prometheus",
    "risks",
    "scenarios",
    "streams",
    "sweeps",
    "telemetry",
    "users",
]
