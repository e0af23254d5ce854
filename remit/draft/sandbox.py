"""Templates without powers: they choose words and put values between them, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NoReturn

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.nodes import Template as Syntax
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

FILTERS = frozenset(
    {"capitalize", "d", "default", "first", "join", "last", "length", "lower", "title", "trim"}
    | {"truncate", "upper"}
)
"""None of these can make a large text of a small one."""
ERRORS: tuple[type[Exception], ...] = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a template can raise."""
SOURCE = "<template>"
"""The name that jinja2 gives to a template's lines in a traceback."""


class Sandbox(ImmutableSandboxedEnvironment):
    """No functions, no methods, a dozen filters, and values from outside only as values."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(
            autoescape=False,  # plain text goes out, no HTML
            keep_trailing_newline=False,
            lstrip_blocks=True,
            trim_blocks=True,
            undefined=StrictUndefined,
        )
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """`{{ author.handle }}` reads a mapping; what else has attributes has methods."""
        return isinstance(obj, LoopContext) and super().is_safe_attribute(obj, attr, value)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> NoReturn:  # noqa: ARG002 - jinja2's signature
        raise SecurityError(f"a template may not calculate with {operator}")


def render(body: str, values: Mapping[str, object]) -> str:
    """The text of a template. Raises one of ERRORS."""
    return _compiled(body).render(values)


def line_of(error: BaseException) -> int | None:
    """The line of the body at fault, from 1; None where the error does not say."""
    line: int | None = getattr(error, "lineno", None)
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SOURCE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def parsed(body: str) -> Syntax:
    """The syntax tree of a template. Raises one of ERRORS."""
    return Sandbox().parse(body)


@lru_cache(maxsize=256)
def _compiled(body: str) -> Template:
    return Sandbox().from_string(body)
