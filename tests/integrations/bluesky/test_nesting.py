"""A post that is nested beyond reason hides no other."""

from __future__ import annotations

import json

import pytest

from integrations.bluesky.nesting import DEEPEST, read_json


def nested(depth: int, inner: str = "1") -> str:
    return "[" * depth + inner + "]" * depth


def depth_of(value: object) -> int:
    depth = 0
    while isinstance(value, list) and value:
        value, depth = value[0], depth + 1
    return depth


def test_what_is_nested_too_deep_is_null_and_the_rest_is_read():
    odd = "]" + "\\" + chr(34) + "[{" * 3
    body = json.dumps({"a": odd})[:-1] + f', "x": {nested(5000)}, "b": [{{"c": "[["}}]}}'
    read = read_json(body.encode())
    assert isinstance(read, dict)
    assert (read["a"], read["b"]) == (odd, [{"c": "[["}])
    assert depth_of(read["x"]) == DEEPEST - 1


def test_what_is_nested_within_reason_is_read_whole():
    assert depth_of(read_json(nested(DEEPEST).encode())) == DEEPEST


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 5000, b"]" * 9, b'["' + b"[" * 5000])
def test_what_is_no_json_is_a_value_error(body):
    with pytest.raises(ValueError, match=r"."):
        read_json(body)
