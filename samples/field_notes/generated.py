"""As many more notes as a test needs. Everything about one follows from its number."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal

from odata_service.sample import Rows

KINDS = ("bird", "plant", "insect", "fungus", "mammal", "weather", "other")
PLACES = ("Old weir", "Common", "Reed bed", "Garden", "Footbridge", "Quarry")
NAMES = uuid.UUID("b0b7a1c4-6f0e-4c1b-9c57-0f5f0b2b9a10")


def generated_rows(numbers: range) -> Rows:
    """
    >>> [row["Title"] for row in generated_rows(range(2))["Note"]]
    ['Note 0', 'Note 1']
    """
    return {"Note": [_note(number) for number in numbers]}


def _note(number: int) -> dict[str, object]:
    return {
        "NoteId": uuid.uuid5(NAMES, str(number)),
        "Title": f"Note {number}",
        "Kind": KINDS[number % len(KINDS)],
        "Place": PLACES[number % len(PLACES)],
        "SeenOn": date(2020, 1, 1) + timedelta(days=number % 2_000),
        "Individuals": number**3 if number % 3 else None,
        "Temperature": Decimal(number % 400 - 100) / 10,
        "Text": None,
        "IsStarred": number % 50 == 0,
    }
