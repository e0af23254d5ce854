"""Pages in Prefect, as artifacts that are updated in place. What they say never enters an event.

A page is made empty and filled by an update. Of what is created the server keeps an event with all
the words for a week, and the client's own `update_artifact` sends such an event too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact
from prefect.client.schemas.sorting import ArtifactSort
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import get_current_settings

_EMPTY = "This page is about to be written."
_AT_ONCE = 200


@dataclass
class Page:
    """A page as Prefect has it."""

    artifact: UUID
    mark: str
    """What it was made from."""
    digest: str
    """Of its words."""


def slug(name: str) -> str:
    """A name as a part of a key: Prefect takes lower case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def case_key(brand: str, case: int) -> str:
    return f"case-{slug(brand)}-{case}"


def today_key(brand: str, role: str) -> str:
    return f"today-{slug(brand)}-{slug(role)}"


def ui() -> str:
    """Where Prefect's UI is, without a slash at its end."""
    return (get_current_settings().ui_url or "").rstrip("/")


def digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


class Words(NamedTuple):
    """What a page says."""

    line: str
    """Below its name in the list of all pages: of nobody's words or handle."""
    text: str

    @property
    def digest(self) -> str:
        return digest(f"{self.line}\n{self.text}")


async def write(
    client: PrefectClient, page: Page | None, key: str, words: Words, mark: str
) -> Page:
    """Say these words on the page: made where there is none, and left alone where it says them."""
    if page is not None and page.digest == words.digest:
        page.mark = mark
        return page
    if page is not None:
        try:
            return await overwrite(client, page.artifact, words, mark)
        except ObjectNotFound:
            pass  # somebody deleted it in the UI
    empty = ArtifactCreate(key=key, type="markdown", data=_EMPTY)
    made = await client.request(
        "POST", "/artifacts/", json=empty.model_dump(mode="json", exclude_unset=True)
    )
    return await overwrite(client, UUID(made.json()["id"]), words, mark)


async def overwrite(client: PrefectClient, artifact: UUID, words: Words, mark: str) -> Page:
    """Replace all that a page says. Raises ObjectNotFound."""
    told = {"mark": mark, "digest": words.digest}
    changed = ArtifactUpdate(data=words.text, description=words.line, metadata_=told)
    try:
        await client.request(
            "PATCH",
            "/artifacts/{id}",
            path_params={"id": artifact},
            json=changed.model_dump(mode="json", exclude_unset=True),
        )
    except PrefectHTTPStatusError as refused:
        if refused.response.status_code == 404:
            raise ObjectNotFound(http_exc=refused) from refused
        raise
    return Page(artifact, mark, told["digest"])


def read(artifact: Artifact) -> Page:
    told = artifact.metadata_ or {}
    return Page(artifact.id, told.get("mark", ""), told.get("digest", ""))


async def find(
    client: PrefectClient, *, key: str | None = None, begins: str | None = None
) -> list[Artifact]:
    """Every artifact of that key, or whose key begins so, the newest first."""
    chosen = ArtifactFilterKey(any_=[key]) if key else ArtifactFilterKey(like_=begins)
    found: list[Artifact] = []
    while True:
        some = await client.read_artifacts(
            artifact_filter=ArtifactFilter(key=chosen),
            sort=ArtifactSort.CREATED_DESC,
            limit=_AT_ONCE,
            offset=len(found),
        )
        found += some
        if len(some) < _AT_ONCE:
            return [each for each in found if (each.key or "").startswith(key or begins or "")]
