"""The data contract as OpenAPI: what one row of a telemetry batch may hold, read from `ml.schema`."""

from typing import Any

from ml.schema import METRICS, Metric, Profile
from webapp.core.policies.telemetry import LONGEST_LABEL, MAX_NAME, MOST_LABELS


def _metric(metric: Metric) -> dict[str, Any]:
    text = f"{metric.description}, in {metric.unit}. Left out or null: not observed."
    return {"type": ["number", "null"], "minimum": metric.low, "maximum": metric.high, "description": text}


_ROW: dict[str, Any] = {
    "type": "object",
    "required": ["asset", "at"],
    "additionalProperties": False,
    "properties": {
        "asset": {"type": "string", "minLength": 1, "maxLength": MAX_NAME, "description": "The server's name."},
        "at": {"type": "string", "format": "date-time", "description": "When it was observed, with a zone."},
        "profile": {"enum": [profile.value for profile in Profile], "description": "What the server does."},
        "labels": {
            "type": ["object", "null"],
            "maxProperties": MOST_LABELS,
            "additionalProperties": {"type": "string", "maxLength": LONGEST_LABEL},
            "description": "What else is known of the server, for profile rules; the newest ones count.",
        },
        **{metric.name: _metric(metric) for metric in METRICS},
    },
}
REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["rows"],
                    "additionalProperties": False,
                    "properties": {"rows": {"type": "array", "minItems": 1, "items": _ROW}},
                }
            }
        },
    }
}
