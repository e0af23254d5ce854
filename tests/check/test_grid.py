"""Sets of instants as bitsets say the same as the instants."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from remit.check.grid import Grid
from remit.check.spans import join, length

spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6).map(join)


def instants(found) -> set[int]:
    return {at for since, until in found for at in range(since, until)}


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6))
def test_spans_are_joined_in_order_and_apart(parts):
    found = join(parts)

    assert instants(found) == instants(parts)
    assert length(found) == len(instants(parts))
    edges = [edge for span in found for edge in span]
    assert edges == sorted(set(edges))


@given(spans, spans)
def test_sets_of_a_grid_meet_and_part_as_their_instants_do(left, right):
    grid = Grid([left, right])
    one, two = grid.bits(left), grid.bits(right)

    assert grid.spans(one) == left
    assert instants(grid.spans(one | two)) == instants(left) | instants(right)
    assert instants(grid.spans(one & two)) == instants(left) & instants(right)
    assert instants(grid.spans(one & ~two)) == instants(left) - instants(right)
    for at in range(-1, 42):
        assert bool(grid.cell(at) & one) is (at in instants(left))
    if one:
        assert grid.first(one) == min(instants(left))
