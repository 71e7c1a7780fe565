"""As many more products as a test of speed needs; everything about one follows from its number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from odata_service.sample import Row, Rows

from .rows import ELECTRONICS, FURNITURE, KITCHEN, PLAIN

_NAMESPACE = UUID("3f0d6f0a-6d0e-4c55-9a55-0a8a6f2d9b17")
_KINDS = ("Cable", "Desk", "Kettle", "Keyboard", "Lamp", "Monitor", "Pan", "Shelf", "Speaker", "Toaster")
_CATEGORIES = (ELECTRONICS, FURNITURE, KITCHEN)


def generated_product(number: int) -> Row:
    """The product of that number, from 0.

    >>> generated_product(12)["Name"], generated_product(12)["Price"]
    ('Kettle 12', 98.5)
    """
    return PLAIN | {
        "ID": uuid5(_NAMESPACE, str(number)),
        "Name": f"{_KINDS[number % len(_KINDS)]} {number}",
        "Description": None,
        "Price": 1 + number * 8.125 % 1_000,
        "CategoryID": _CATEGORIES[number % len(_CATEGORIES)],
        "Status": number % 16,
        "CreatedAt": datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
    }


def generated_rows(numbers: range) -> Rows:
    return {"Product": [generated_product(number) for number in numbers]}
