"""The data contract as OpenAPI: what a row may hold in a telemetry batch or a request, read from `ml.schema`."""

from typing import Any

from ml.schema import HORIZON, METRICS, QUANTILES, Metric, Profile
from webapp.core.policies.telemetry import LONGEST_LABEL, MAX_NAME, MOST_LABELS
from webapp.core.policies.unwatched import MOST_ROWS


def _metric(metric: Metric) -> dict[str, Any]:
    text = f"{metric.description}, in {metric.unit}. Left out or null: not observed."
    return {"type": ["number", "null"], "minimum": metric.low, "maximum": metric.high, "description": text}


def _limit(metric: Metric) -> dict[str, Any]:
    return {"type": "number", "minimum": metric.low, "maximum": metric.high, "description": f"In {metric.unit}."}


_PROFILE: dict[str, Any] = {"enum": [profile.value for profile in Profile]}
_ROW: dict[str, Any] = {
    "type": "object",
    "required": ["asset", "at"],
    "additionalProperties": False,
    "properties": {
        "asset": {"type": "string", "minLength": 1, "maxLength": MAX_NAME, "description": "The server's name."},
        "at": {"type": "string", "format": "date-time", "description": "When it was observed, with a zone."},
        "profile": {**_PROFILE, "description": "What the server does."},
        "labels": {
            "type": ["object", "null"],
            "maxProperties": MOST_LABELS,
            "additionalProperties": {"type": "string", "maxLength": LONGEST_LABEL},
            "description": "What else is known of the server, for profile rules; the newest ones count.",
        },
        **{metric.name: _metric(metric) for metric in METRICS},
    },
}


def _body(properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": ["rows"], "additionalProperties": False, "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


_ROWS: dict[str, Any] = {"type": "array", "minItems": 1, "items": _ROW}
_FLAGS: dict[str, Any] = {
    "type": "array", "minItems": HORIZON, "maxItems": HORIZON, "items": {"type": "boolean"},
}  # fmt: skip
REQUEST = _body({"rows": _ROWS})
"""A batch of telemetry."""
ASKED = _body({
    "rows": {**_ROWS, "maxItems": MOST_ROWS, "description": "The history, of one or several servers."},
    "profile": {**_PROFILE, "description": "Of every server whose rows do not say their own."},
    "thresholds": {
        "type": "object", "additionalProperties": False, "properties": {one.name: _limit(one) for one in METRICS},
        "description": "Limits in place of the profile's.",
    },
    "quantiles": {
        "type": "array", "minItems": 1, "maxItems": len(QUANTILES), "items": {"enum": list(QUANTILES)},
        "description": "The levels to answer, in place of all.",
    },
    "maintenance": {
        "type": "object", "additionalProperties": _FLAGS,
        "description": "By server, whether it will be in maintenance at each of the 96 steps ahead.",
    },
})  # fmt: skip
"""A request for a forecast."""
