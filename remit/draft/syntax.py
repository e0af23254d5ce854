"""What a template can never do, read off its syntax tree: also in branches that are seldom taken."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes
from jinja2.meta import find_undeclared_variables

from remit.draft.compose import values_of
from remit.draft.sandbox import ERRORS, FILTERS, Sandbox, line_of, parsed

VARIABLES = frozenset({*values_of("", "", "", ()), "knowledge"})
AUTHOR = frozenset({"handle"})
_TESTS = frozenset(Sandbox().tests)
_ELSEWHERE = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_CALCULATIONS = {nodes.Mul: "*", nodes.Pow: "**", nodes.Mod: "%"}


def mistakes(body: str) -> list[tuple[int, str]]:
    """(line of the body, what is wrong; found; do this), in the order of lines."""
    try:
        tree = parsed(body)
        found = [*_names(tree), *_powers(tree)]
        # Unknown names of filters and tests are more than jinja2's own search gets past.
        found += [] if found else _variables(tree)
    except ERRORS as error:
        said = " ".join(str(error).split()) or type(error).__name__
        return [(line_of(error) or 1, f"is no template; found {said}; correct it")]
    return sorted(dict.fromkeys(found))


def _variables(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    unknown = find_undeclared_variables(tree) - VARIABLES
    for name in tree.find_all(nodes.Name):
        if name.name in unknown and name.ctx == "load":
            known = ", ".join(sorted(VARIABLES))
            yield name.lineno, f"uses an unknown variable; found {name.name}; use one of {known}"
    for part, read in _parts(tree):
        if read not in AUTHOR:
            yield (
                part.lineno,
                f"uses an unknown variable; found author.{read}; use author.{min(AUTHOR)}",
            )


def _parts(tree: nodes.Template) -> Iterator[tuple[nodes.Expr, str]]:
    """What is read of the author, as `author.x` or `author["x"]`."""
    for attribute in tree.find_all(nodes.Getattr):
        if _is_author(attribute.node):
            yield attribute, attribute.attr
    for item in tree.find_all(nodes.Getitem):
        if _is_author(item.node) and isinstance(item.arg, nodes.Const):
            yield item, str(item.arg.value)


def _is_author(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "author"


def _names(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    for used in tree.find_all(nodes.Filter):
        if used.name not in FILTERS:
            known = ", ".join(sorted(FILTERS))
            yield used.lineno, f"uses an unknown filter; found {used.name}; use one of {known}"
    for test in tree.find_all(nodes.Test):
        if test.name not in _TESTS:
            yield test.lineno, f"uses an unknown test; found {test.name}; compare with == or in"


def _powers(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    for node in tree.find_all(_ELSEWHERE):
        yield (
            node.lineno,
            f"takes in another file; found {type(node).__name__.lower()}; write the words here",
        )
    for calculation in tree.find_all(tuple(_CALCULATIONS)):
        sign = _CALCULATIONS[type(calculation)]
        yield calculation.lineno, f"calculates; found {sign}; write what it comes to"
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Getattr) and not _is_loop(call.node.node):
            remedy = "use a filter, as in {{ author.handle | upper }}"
            yield call.lineno, f"calls a method; found {call.node.attr}(); {remedy}"


def _is_loop(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "loop"
