"""Request bodies, read with a limit: a large one is refused before all of it has arrived."""

import json
from collections.abc import Iterable
from typing import Annotated, TypeVar
from urllib.parse import parse_qs

from pydantic import AfterValidator, BaseModel, ValidationError
from pydantic_core import PydanticCustomError
from starlette.requests import ClientDisconnect, Request

from webapp.api.problems import Refused
from webapp.core.errors import FieldError, Invalid
from webapp.core.settings import settings

Model = TypeVar("Model", bound=BaseModel)
_FORM_LIMIT = 16_384
_UNSTORABLE = "holds a character that cannot be stored"


def _storable(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("unstorable", _UNSTORABLE)
    return text


Text = Annotated[str, AfterValidator(_storable)]
"""Text that every database takes: Postgres stores no NUL."""


async def json_body(request: Request) -> bytes:
    """The body of a JSON request. Raises Refused for another media type or a body that is too large."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Refused(
            415, "Unsupported media type", f"Send application/json, not {media[:60] or 'nothing'}.", "media_type"
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "Unsupported media type", "Send the body as it is, without Content-Encoding.", "media_type")
    return await limited(request, int(settings().max_body_mb * 1_000_000))


async def limited(request: Request, most: int) -> bytes:
    """The body, of at most `most` bytes."""
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit() and int(told[:20]) > most:
        raise _too_large(most)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise _too_large(most)
    except ClientDisconnect as error:
        raise Refused(400, "Bad request", "The connection ended before the body did.") from error
    return bytes(body)


def _too_large(most: int) -> Refused:
    return Refused(413, "Content too large", f"A body has at most {most:,} bytes. Send smaller batches.", "too_large")


def decode(body: bytes) -> object:
    """JSON as Python values. NaN and infinities come through as numbers, for the validator to name.

    Raises Refused for anything else that is no JSON, objects with a key twice included.
    """
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise Refused(400, "Bad request", f"The body is not UTF-8: byte {error.start}.", "json") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Refused(400, "Bad request", f"The body is not JSON: {error.msg} at {where}.", "json") from error
    except RecursionError as error:
        raise Refused(400, "Bad request", "The body is nested too deeply.", "json") from error
    except ValueError as error:  # a number with thousands of digits
        raise Refused(400, "Bad request", f"The body is not JSON that can be read: {error}.", "json") from error


async def model(request: Request, kind: type[Model]) -> Model:
    """A JSON body as what an endpoint takes. Raises Invalid that names each wrong field."""
    try:
        return kind.model_validate(decode(await json_body(request)))
    except ValidationError as error:
        wrong = wrong_fields(error)
        raise Invalid(f"{wrong[0].field}: {wrong[0].message}", tuple(wrong)) from error


def wrong_fields(error: ValidationError) -> list[FieldError]:
    """What is wrong with which field, at most 50 of them."""
    found = error.errors(include_url=False, include_input=False)[:50]
    return [FieldError(_name(one["loc"]), f"{one['msg']}.".replace("..", ".")) for one in found]


def _name(place: tuple[int | str, ...]) -> str:
    """A field's path; the whole body has none, and a key may be empty."""
    return ".".join(str(one) or "a field without a name" for one in place) or "body"


def _object(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    listed = list(pairs)
    made = dict(listed)
    if len(made) != len(listed):
        raise Refused(400, "Bad request", "The body has an object with the same key twice.", "json")
    return made


async def form(request: Request) -> dict[str, str]:
    """The fields of a form, each once; the last one of a name counts."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/x-www-form-urlencoded":
        raise Refused(415, "Unsupported media type", "Send a form: application/x-www-form-urlencoded.", "media_type")
    text = (await limited(request, _FORM_LIMIT)).decode("utf-8", "replace")
    try:
        found = parse_qs(text, keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise Refused(400, "Bad request", "The form has too many fields.") from error
    fields = {name: values[-1] for name, values in found.items()}
    if wrong := next((name for name, value in fields.items() if "\0" in name + value), None):
        raise Refused(400, "Bad request", f"The field {wrong[:40]!r} {_UNSTORABLE}.")
    return fields
