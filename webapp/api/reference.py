"""The API as a document, generated from its OpenAPI schema. `document()` is docs/api.md."""

from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import Counter, Histogram

from webapp.api.app import create_api
from webapp.api.exposition import GAUGES
from webapp.core import metrics
from webapp.core.services.contract import table

_Schema = Mapping[str, Any]
_OPEN = "open to everybody"
_WORDS = {"Successful Response": "Done."}
_CALLERS = {
    "/api/v1/telemetry": "an API key with the scope `telemetry`",
    "/api/password": "a session",
    "/api/v1/me": "a session, or an API key with the scope `read`",
    "/api/v1/streams": "a session, or an API key with the scope `read`",
    "/api/v1/fleet": "a session, or an API key with the scope `read`",
    "/api/v1/servers/{name}/forecast": "a session, or an API key with the scope `read`",
}


def document() -> str:
    """The reference in Markdown."""
    schema = create_api().openapi()
    parts = ["\n".join(_head())]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if method != "head":
                parts.append("\n".join(_operation(method, path, operation)))
    parts += ["## What the answers hold"]
    parts += ["\n".join(_model(name, model)) for name, model in sorted(_models(schema))]
    parts += ["\n".join(_metrics())]
    return "\n\n".join(parts) + "\n"


def _head() -> Iterator[str]:
    yield "# The HTTP API"
    yield ""
    yield "<!-- Generated from the endpoints in webapp/api. Change those, then: make docs -->"
    yield ""
    yield "Everything is on the console's port. Every other address needs a caller: a session (the `fw_session` cookie"
    yield "that `POST /api/login` sets) or an API key (`forewarn key add NAME --scope telemetry`, sent as"
    yield "`Authorization: Bearer fw_...`). The OpenAPI document itself is at `/api/openapi.json` for those callers."
    yield ""
    yield "Times are ISO 8601 in UTC. Errors are problem documents (RFC 9457, `application/problem+json`): `type`,"
    yield "`title`, `status`, `detail`, `instance`, `errors` with `field`, `row` and `message`, and a `correlation_id`"
    yield "that the log has as well. A request that a page of another site sends is refused (403)."


def _operation(method: str, path: str, operation: _Schema) -> Iterator[str]:
    yield f"## {method.upper()} {path}"
    yield ""
    yield f"{operation['summary']}. Caller: {_CALLERS.get(path, _OPEN)}."
    if text := operation.get("description"):
        yield ""
        yield text
    if parameters := operation.get("parameters"):
        yield ""
        rows = [(f"`{one['name']}`", one["in"], _needed(one), _told(one)) for one in parameters]
        yield from table(("parameter", "in", "needed", "meaning"), rows)
    if body := operation.get("requestBody"):
        yield ""
        yield f"Body: {_body(body)}."
    yield ""
    yield from table(
        ("status", "answer"), [_response(code, one) for code, one in sorted(operation["responses"].items())]
    )


def _needed(parameter: _Schema) -> str:
    default = parameter["schema"].get("default")
    if parameter.get("required"):
        return "yes"
    return f"no, `{default}`" if default else "no"


def _told(parameter: _Schema) -> str:
    return str(parameter.get("description") or parameter["schema"].get("title", ""))


def _body(body: _Schema) -> str:
    ((media, content),) = body["content"].items()
    fields = ", ".join(f"`{name}`" for name in content["schema"]["properties"])
    more = "; rows are described in [the data contract](data-contract.md)" if media == "application/json" else ""
    return f"`{media}` with {fields}{more}"


def _response(code: str, response: _Schema) -> tuple[str, str]:
    content = response.get("content", {})
    models = {name for one in content.values() if (name := _named(one.get("schema", {})))}
    model = f" ({', '.join(f'`{name}`' for name in sorted(models))})" if models else ""
    return code, f"{_WORDS.get(response['description'], response['description'])}{model}"


def _named(schema: _Schema) -> str:
    if "items" in schema:
        return f"list of {_named(schema['items'])}"
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _models(schema: _Schema) -> Iterator[tuple[str, _Schema]]:
    for name, model in schema["components"]["schemas"].items():
        if name not in {"HTTPValidationError", "ValidationError"} and "properties" in model:
            yield name, model


def _model(name: str, model: _Schema) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    if text := model.get("description"):
        yield text
        yield ""
    rows = [(f"`{field}`", _kind(one), one.get("description", "")) for field, one in model["properties"].items()]
    yield from table(("field", "type", "meaning"), rows)


def _kind(schema: _Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "$ref" in schema:
        return _named(schema)
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}".rstrip()
    return str(schema.get("format") or schema.get("type", "any"))


def _metrics() -> Iterator[str]:
    yield "## Metrics for Prometheus"
    yield ""
    yield "`GET /metrics` shows the web process and all workers in one scrape. No total falls when a process restarts."
    yield ""
    yield from table(("metric", "type", "labels", "meaning"), sorted([*_counted(), *_looked_up()]))


def _counted() -> Iterator[tuple[str, str, str, str]]:
    for one in vars(metrics).values():
        if isinstance(one, Counter | Histogram):
            (described,) = one.describe()
            suffix = "_total" if described.type == "counter" else ""
            labels = ", ".join(f"`{label}`" for label in one._labelnames)
            yield f"`{described.name}{suffix}`", described.type, labels, described.documentation


def _looked_up() -> Iterator[tuple[str, str, str, str]]:
    for name, (text, labels) in GAUGES.items():
        yield f"`{name}`", "gauge", ", ".join(f"`{label}`" for label in labels), text
