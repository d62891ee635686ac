"""Words of severity, in the order in which an operator should look at them."""

from enum import StrEnum


class Severity(StrEnum):
    """How soon a server needs a person; the rule is `policies.risks.severity`."""

    CRITICAL = "critical"
    WARNING = "warning"
    WATCH = "watch"
    HEALTHY = "healthy"
    MAINTENANCE = "maintenance"
    NO_FORECAST = "no_forecast"

    @property
    def label(self) -> str:
        return {"no_forecast": "No forecast"}.get(self.value, self.value.capitalize())


ORDER = tuple(Severity)
