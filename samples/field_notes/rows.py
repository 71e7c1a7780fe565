"""A few notes, to have something to look at."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

from odata_service.sample import Row, Rows

KINGFISHER = uuid.UUID("5f0d3c52-8a51-4a3e-9d8e-0d1c5a3e7b01")


def first_rows() -> Rows:
    return {
        "Note": [
            _note(1, "Kingfisher at the weir", "bird", "Old weir, river Wey", date(2026, 4, 18), 2, "11.5",
                  "A pair, in and out of the bank below the alder. The male carries fish head first: there are young.", starred=True),
            _note(2, "Fly agarics under birch", "fungus", "Common, north path", date(2026, 10, 3), 14, "9.0",
                  "A ring of fourteen, the largest 18 cm across."),
            _note(3, "First frost", "weather", "Garden", date(2026, 10, 21), None, "-1.5", "Ice on the water butt at seven."),
            _note(4, "Starlings going to roost", "bird", "Reed bed, west hide", date(2026, 11, 7), 12_000, "6.5",
                  "Counted in blocks of a hundred; twenty minutes until the last were down. A sparrowhawk twice.", starred=True),
            _note(5, "Otter spraint", "mammal", "Footbridge", date(2026, 11, 15), 1, None, "Fresh, on the usual stone."),
        ]
    }  # fmt: skip


def _note(
    number: int, title: str, kind: str, place: str, seen: date, individuals: int | None, temperature: str | None,
    text: str, *, starred: bool = False,
) -> Row:  # fmt: skip
    return {
        "NoteId": uuid.UUID(int=KINGFISHER.int + number - 1),
        "Title": title,
        "Kind": kind,
        "Place": place,
        "SeenOn": seen,
        "Individuals": individuals,
        "Temperature": None if temperature is None else Decimal(temperature),
        "Text": text,
        "IsStarred": starred,
    }
