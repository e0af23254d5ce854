"""Who of a role is on, and when."""

from __future__ import annotations

from remit.model import Shift
from remit.playbook.hours import DatedShape
from remit.playbook.nodes import Items, Node, Table, shown
from remit.playbook.notes import Reading, listing
from remit.playbook.scalars import Name, Schema, Shape
from remit.playbook.shapes import Converted, ListOf, MapOf


class ShiftShape(Shape[Shift]):
    """`{people: [sari], mon-fri: "08:00-15:00"}`, with `from` and `to` where it has an end."""

    wants = "a mapping: people, and days with their spans"
    remedy = 'write {people: [NAME], mon-fri: "08:00-15:00"}'

    def __init__(self) -> None:
        self._people = ListOf(Name("person"))
        self._dated = DatedShape(beside=("people",))

    def read(self, node: Node, reading: Reading) -> Shift | None:
        if not isinstance(node, Table):
            return self.wrong(node, reading)
        entry = node.entries.get("people")
        if entry is None:
            reading.note(
                node.line,
                f"a shift says who is on; found no people beside {listing(node.entries)}; "
                "add `people: [NAME]`",
            )
            return None
        with reading.at("people"):
            people = self._people.read(entry.value, reading)
        taken = self._dated.take(node, reading)
        if people is None or taken is None:
            return None
        return Shift(people=tuple(people), hours=taken.hours, since=taken.since, until=taken.until)

    def schema(self) -> Schema:
        made = self._dated.schema()
        properties = made["properties"]
        assert isinstance(properties, dict)
        people = {"description": "Who is on.", "examples": [["sari"]], **self._people.schema()}
        return made | {
            "title": "shift",
            "required": ["people"],
            "minProperties": 2,
            "properties": {"people": people, **properties},
        }

    def example(self) -> object:
        return {"people": ["sari"], "mon-fri": "08:00-15:00"}


class Shifts(MapOf[tuple[Shift, ...]]):
    """Who of a role is on when. Nobody is on who does not hold the role."""

    def __init__(self) -> None:
        super().__init__(
            Converted(ListOf(ShiftShape()), _all_of),
            says="Who of this role is on when.",
            keys=Name("role"),
        )

    def read(self, node: Node, reading: Reading) -> dict[str, tuple[Shift, ...]] | None:
        found = super().read(node, reading)
        if found is None or not isinstance(node, Table):
            return found
        good = True
        for name, shifts in found.items():
            role = reading.notes.roles.get(name)
            items = node.entries[name].value
            if role is None or not isinstance(items, Items):
                continue
            for item, shift in zip(items.items, shifts, strict=True):
                strange = [person for person in shift.people if person not in role.people]
                for person in strange:
                    good = False
                    reading.note(
                        item.line,
                        f"a shift of {name} is of people who hold {name}; found {shown(person)}; "
                        f"name some of {listing(role.people)}, or add the person to the role",
                        "PB002",
                    )
        return found if good else None


def _all_of(shifts: list[Shift], _: Node, __: Reading) -> tuple[Shift, ...]:
    return tuple(shifts)


SHIFTS = Shifts()
