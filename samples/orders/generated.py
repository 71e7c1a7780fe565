"""As many more orders as a benchmark needs. Everything about one follows from its number."""

from __future__ import annotations

from odata_service.sample import Rows

STATUSES = ("Pending", "Shipped", "Completed")


def generated_rows(numbers: range) -> Rows:
    """
    >>> generated_rows(range(1))["Order"]
    [{'Id': 1000000, 'LocalId': 'generated-0', 'CustomerName': 'Customer 0', 'Status': 'Pending', 'CustomerLocalId': None}]
    """
    return {"Order": [_order(number) for number in numbers]}


def _order(number: int) -> dict[str, object]:
    return {
        "Id": 1_000_000 + number,
        "LocalId": f"generated-{number}",
        "CustomerName": f"Customer {number % 1000}",
        "Status": STATUSES[number % len(STATUSES)],
        "CustomerLocalId": None,
    }
