"""What requests carry, read with limits and checked."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from integrations.sandbox.store import Rejected

B = TypeVar("B", bound=BaseModel)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ImageBody(Body):
    blob: str
    alt: str = ""


class PostBody(Body):
    text: str
    parent: str | None = None
    language: str | None = None
    images: tuple[ImageBody, ...] = ()


class AccountBody(Body):
    name: str | None = None
    followers: int | None = None
    verified: bool | None = None


class PublicBody(Body):
    handle: str
    text: str = ""
    parent: str | None = None
    subject: str | None = None
    language: str | None = None
    name: str | None = None


async def read_bytes(request: Request, at_most: int) -> bytes:
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > at_most:
            raise Rejected(413, "too_large", f"at most {at_most} bytes are taken")
    return bytes(data)


async def read_json(request: Request) -> Any:  # noqa: ANN401 - checked by who asks
    if not request.headers.get("content-type", "").startswith("application/json"):
        # Another site's form cannot send this type without asking first.
        raise Rejected(415, "not_json", "send application/json")
    return parsed(await read_bytes(request, 100_000))


def parsed(raw: bytes) -> Any:  # noqa: ANN401 - checked by who asks
    try:
        return json.loads(raw)
    except ValueError:
        raise Rejected(400, "not_json", "the body is not JSON") from None


def checked(of: type[B], raw: object) -> B:
    try:
        # As JSON: strict about numbers and booleans, while a list may fill a tuple.
        return of.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Rejected(422, "bad_request", f"{where}: {first['msg']}") from None


def instant(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1_000_000)
    except ValueError:
        raise Rejected(400, "bad_time", "since is an ISO time with its offset") from None


def whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Rejected(400, "bad_number", "limit is a whole number")
    return int(text)
