"""Requests made from the API's own schema: right ones, nearly right ones and nonsense."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

Schema = Mapping[str, Any]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


@dataclass
class Case:
    """One request. `body` is JSON, a form, or bytes that go out as they are."""

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: object = None
    form: dict[str, str] | None = None
    person: bool = False
    """Whether a signed-in person asks, and not a key."""


LIKELY = {
    "slug": "my-servers", "stream": "my-servers", "name": "ppdb002", "profile": "web", "metric": "cpu_pct",
    "window_id": "1", "evidence_id": "1", "reason": "because", "shown": "90",
}  # fmt: skip
"""What there is, by the parameter that asks for it: without it a request would end at the first thing not found."""
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
NAMES = ("ppdb002", "web-1", "my-servers", "web", "cpu_pct")
NASTY = st.sampled_from(
    ["", " ", "\x00", "a\x00b", "'; DROP TABLE assets;--", "../../etc/passwd", "%00", "%ff", "\u202e", "🦊" * 20,
     "9" * 400, "-1", "NaN", "1e400", "null", "[]", "{}", "true", "0x10", "٣", "x" * 5000, "\u2028", "a/b", "{name}",
     "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30", "18446744073709551616"]
)  # fmt: skip
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXT, NASTY, st.just(10**400), st.just(-(2**63) - 1),
    st.lists(st.one_of(st.none(), st.integers(), TEXT), max_size=3), st.dictionaries(TEXT, st.integers(), max_size=3),
)  # fmt: skip


def right(schema: Schema, root: Schema) -> st.SearchStrategy[Any]:
    """Values that a schema allows."""
    if "$ref" in schema:
        return right(root["components"]["schemas"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return st.one_of([right(one, root) for one in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema.get("type", "string")
    return st.one_of([_of_kind(kind, schema, root) for kind in ([kinds] if isinstance(kinds, str) else kinds)])


def _of_kind(kind: str, schema: Schema, root: Schema) -> st.SearchStrategy[Any]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if kind == "object":
        return _object(schema, root)
    if kind == "array":
        items = right(schema.get("items", {}), root)
        return st.lists(
            items, min_size=min(schema.get("minItems", 0), 100), max_size=min(schema.get("maxItems", 6), 96)
        )
    return {
        "null": st.none(),
        "boolean": st.booleans(),
        "integer": st.integers(low, high),
        "number": st.floats(low, high, allow_nan=False, allow_infinity=False),
        "string": _text(schema),
    }[kind]


def _text(schema: Schema) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        now = datetime.now(UTC)
        return st.integers(0, 60 * 30).map(lambda minutes: (now - timedelta(minutes=minutes)).isoformat())
    most = min(schema.get("maxLength", 40), 200)
    names = st.sampled_from(NAMES)
    return st.one_of(
        names, names, names, st.text(st.characters(codec="utf-8"), min_size=schema.get("minLength", 0), max_size=most)
    )


def _object(schema: Schema, root: Schema) -> st.SearchStrategy[Any]:
    known = {name: right(one, root) for name, one in schema.get("properties", {}).items()}
    needed = {name: one for name, one in known.items() if name in schema.get("required", ())}
    others = {name: one for name, one in known.items() if name not in needed}
    made = st.fixed_dictionaries(needed, optional=others)
    more = schema.get("additionalProperties")
    if not isinstance(more, Mapping):
        return made
    return st.dictionaries(_text({}), right(more, root), max_size=2)


@st.composite
def spoilt(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> Any:
    """A right value with one place of it exchanged."""
    return _exchange(draw, draw(values), depth=0)


def _exchange(draw: st.DrawFn, value: Any, depth: int) -> Any:
    deeper = depth < 4 and isinstance(value, dict | list) and value and draw(st.integers(0, 3)) > 0
    if not deeper:
        return draw(ODD)
    if isinstance(value, list):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], _exchange(draw, value[place], depth + 1), *value[place + 1 :]]
    key = draw(st.sampled_from(sorted(value)))
    if draw(st.booleans()):
        return {**value, key: _exchange(draw, value[key], depth + 1)}
    return {**{name: one for name, one in value.items() if name != key}, draw(NASTY): value[key]}


def cases(method: str, path: str, operation: Schema, root: Schema) -> st.SearchStrategy[Case]:
    """Requests to one endpoint."""
    return _case(method, path, operation, root)


@st.composite
def _case(draw: st.DrawFn, method: str, path: str, operation: Schema, root: Schema) -> Case:
    made = Case(method.upper() if draw(st.integers(0, 19)) else draw(st.sampled_from(METHODS)), path)
    made.person = draw(st.integers(0, 3)) == 0
    for one in operation.get("parameters", ()):
        _parameter(draw, made, one, root)
    if draw(st.integers(0, 9)) == 0:
        made.query.append((draw(NASTY), draw(NASTY)))
    if "requestBody" in operation:
        _body(draw, made, operation["requestBody"]["content"], root)
    return made


def _parameter(draw: st.DrawFn, made: Case, one: Schema, root: Schema) -> None:
    value = draw(right(one["schema"], root) if draw(st.integers(0, 5)) else st.one_of(NASTY, TEXT))
    said = "" if value is None else str(value)
    if one["name"] in LIKELY and draw(st.integers(0, 2)):
        said = LIKELY[one["name"]]
    if one["in"] == "path":
        made.path = made.path.replace(f"{{{one['name']}}}", said)
    elif one["required"] or draw(st.booleans()):
        made.query += [(one["name"], said)] * draw(st.sampled_from([1, 1, 1, 1, 2, 0]))


def _body(draw: st.DrawFn, made: Case, content: Schema, root: Schema) -> None:
    ((media, described),) = content.items()
    values = right(described["schema"], root)
    made.headers["Content-Type"] = media if draw(st.integers(0, 19)) else draw(st.sampled_from(MEDIA))
    if media == "application/json":
        whole = draw(st.sampled_from(["right"] * 4 + ["spoilt"] * 5 + ["odd"]))
        others = {"spoilt": spoilt(values), "odd": st.one_of(ODD, st.binary(max_size=60))}
        made.body = draw(others.get(whole, values))
    else:
        made.form = {str(name): str(one) for name, one in draw(values).items()}
        if draw(st.booleans()):
            made.form[draw(TEXT)] = draw(NASTY)


MEDIA = [
    "text/plain",
    "application/xml",
    "multipart/form-data",
    "application/json; charset=utf-16",
    "",
    "application/x",
]
