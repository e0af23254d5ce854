"""Switches for what real networks do to those who write to them."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from integrations.sandbox.store import Rejected, Store


class Chance(BaseModel):
    """The next N requests, and beyond them a share of all."""

    model_config = ConfigDict(extra="forbid")
    next: int = Field(default=0, ge=0)
    rate: float = Field(default=0.0, ge=0, le=1)
    on: Literal["writes", "reads", "all"] = "writes"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: object) -> object:
        """`3` is the next three, `0.2` a share."""
        if isinstance(raw, int) and not isinstance(raw, bool):
            return {"next": raw}
        return {"rate": raw} if isinstance(raw, float) else raw


class Limited(Chance):
    retry_after: float = Field(default=1.0, ge=0)


class Hanging(Chance):
    seconds: float = Field(default=3600.0, ge=0)
    """How long nothing is answered before the connection is dropped."""


class Faults(BaseModel):
    """All switches; none is on by default."""

    model_config = ConfigDict(extra="forbid")
    no_idempotency: bool = False
    """The same key publishes again."""
    delayed_visibility: float = Field(default=0.0, ge=0)
    """Seconds for which a brand's own writes are seen nowhere."""
    fail_500: Chance = Chance()
    """Answers 500 and has not accepted."""
    rate_limit_429: Limited = Limited()
    timeout_after_accept: Hanging = Hanging()
    """Accepts, commits, and never answers."""
    fail_before_accept: Chance = Chance()
    """Drops the connection and has not accepted."""
    seed: int | None = None


class Switches:
    """The faults as they stand, kept in the store so that they outlive a crash."""

    def __init__(self, store: Store) -> None:
        self._store = store
        row = store.db.execute("SELECT value FROM faults WHERE name = 'faults'").fetchone()
        self.now = Faults.model_validate_json(row["value"]) if row else Faults()
        self._random = random.Random(self.now.seed)  # noqa: S311 - chance, not secrecy

    def put(self, raw: object) -> None:
        """Sets all switches at once; what is not named is off."""
        try:
            self.now = Faults.model_validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise Rejected(422, "bad_faults", f"{where}: {first['msg']}") from error
        self._random = random.Random(self.now.seed)  # noqa: S311 - chance, not secrecy
        self._keep()

    def strikes(self, name: str, *, write: bool) -> bool:
        """Whether this request is hit. Uses up one of the next N."""
        chance: Chance = getattr(self.now, name)
        if chance.on != "all" and (chance.on == "writes") != write:
            return False
        if chance.next > 0:
            chance.next -= 1
            self._keep()
            return True
        return chance.rate > 0 and self._random.random() < chance.rate

    def _keep(self) -> None:
        value = json.dumps(self.shown())
        with self._store.change() as db:
            db.execute("INSERT OR REPLACE INTO faults VALUES ('faults', ?)", (value,))

    def shown(self) -> Mapping[str, object]:
        return self.now.model_dump(mode="json")
