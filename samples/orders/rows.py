"""Two customers with an order each, to have something to pull."""

from __future__ import annotations

from odata_service.sample import Row, Rows


def first_rows() -> Rows:
    customers: list[Row] = [
        {"LocalId": "customer-ada", "Name": "Ada Lovelace", "Phone": "+44 20 7946 0101"},
        {"LocalId": "customer-brian", "Name": "Brian O'Neil", "Phone": None},
    ]
    orders: list[Row] = [
        {
            "LocalId": "order-ada",
            "CustomerName": "Ada Lovelace",
            "Status": "Pending",
            "CustomerLocalId": "customer-ada",
        },
        {
            "LocalId": "order-brian",
            "CustomerName": "Brian O'Neil",
            "Status": "Done",
            "CustomerLocalId": "customer-brian",
        },
    ]
    return {"Customer": customers, "Order": orders}
