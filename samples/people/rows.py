"""The dozen people that an empty database starts with. Their keys never change, so examples may quote them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID, uuid5

from odata_service.sample import Rows

HOME, WORK, BILLING = 1, 2, 3
ADDRESS_TYPES = {HOME: "Home", WORK: "Work", BILLING: "Billing"}


class Household(NamedTuple):
    """A person with what belongs to it. Keys of addresses and phone numbers follow from the person's."""

    key: UUID
    name: str
    addresses: tuple[tuple[str, int | None], ...]
    numbers: tuple[str, ...]


def household(key: str, name: str, *addresses: tuple[str, int | None], numbers: tuple[str, ...] = ()) -> Household:
    return Household(UUID(key), name, addresses, numbers)


HOUSEHOLDS = (
    household("0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001", "Ada Lovelace",
              ("12 St James's Square, London", HOME), ("1 Dorset Street, London", WORK),
              numbers=("+44 20 7946 0101",)),
    household("1b7e5a52-90c4-4f0e-8a6b-2f4c7d9e1002", "Brian O'Neil",
              ("27 O'Connell Street, Limerick", HOME),
              numbers=("+353 61 555 0114", "+353 87 555 0114")),
    household("2c94d7f1-3e58-4b6d-b1c2-7a8e5f3d2003", "Chloé Lefèvre",
              ("8 rue de l'Échiquier, Paris", HOME), ("31 quai d'Orsay, Paris", WORK),
              numbers=("+33 1 99 00 41 22",)),
    household("3da1c6b8-52e7-4c9f-8d30-91b4e6a73004", "Dmitri Волков",
              ("15 Sadovaya Street, Riga", HOME)),
    household("4e6f8b2d-71a3-4d05-a94e-c3d7f1b84005", "Emily Watson",
              ("140 Elm Avenue, Portland", HOME), ("500 Harbor Way, Portland", WORK), ("PO Box 77, Portland", BILLING),
              numbers=("+1 503 555 0139",)),
    household("5f2a9c47-86d1-4e7b-b5f8-0e1d2c3b5006", "Frank Müller",
              ("Königstraße 5, Stuttgart", HOME),
              numbers=("+49 711 555 0177",)),
    household("60b7d3e9-a4f2-4f18-96c1-5d8e7f6a6007", "Grace Okafor",
              ("22 Marina Road, Lagos", HOME), ("9 Broad Street, Lagos", WORK),
              numbers=("+234 1 555 0163", "+234 803 555 0163")),
    household("71c8e4fa-b503-4a29-87d2-6e9f80bc7008", "Haruto 山田",
              ("3-14 Kanda, Tokyo", HOME),
              numbers=("+81 3 5555 0188",)),
    household("82d9f50b-c614-4b3a-98e3-7fa091cd8009", "Inês Gonçalves",
              ("Rua das Flores 45, Porto", HOME),
              numbers=("+351 22 555 0120",)),
    household("93ea061c-d725-4c4b-a9f4-80b1a2de9010", "John Smith",
              ("7 High Street, Oxford", HOME), ("7 High Street, Oxford", BILLING),
              numbers=("+44 1865 496 0120",)),
    household("a4fb172d-e836-4d5c-ba05-91c2b3efa011", "Karen Jensen",
              numbers=("+45 55 50 01 42",)),
    household("b50c283e-f947-4e6d-8b16-a2d3c4f0b012", "Lars Østergård",
              ("Søndergade 100% Nord, Århus", HOME), ("c/o Lab_42, Århus", None)),
)  # fmt: skip


def rows_of(households: Iterable[Household]) -> Rows:
    """What the tables hold of these people."""
    rows: Rows = {"Person": [], "Address": [], "PhoneNumber": []}
    for person in households:
        rows["Person"].append({"PersonId": person.key, "Name": person.name})
        rows["Address"].extend(_addresses(person))
        rows["PhoneNumber"].extend(_phone_numbers(person))
    return rows


def _addresses(person: Household) -> Iterator[dict[str, object]]:
    for number, (street, kind) in enumerate(person.addresses, start=1):
        yield {
            "AddressId": uuid5(person.key, f"Address {number}"),
            "PersonId": person.key,
            "StreetAddress": street,
            "AddressTypeId": kind,
        }


def _phone_numbers(person: Household) -> Iterator[dict[str, object]]:
    for place, number in enumerate(person.numbers, start=1):
        yield {"PhoneNumberId": uuid5(person.key, f"PhoneNumber {place}"), "PersonId": person.key, "Number": number}


def first_rows() -> Rows:
    kinds = [{"AddressTypeId": key, "Name": name} for key, name in ADDRESS_TYPES.items()]
    return {"AddressType": kinds, **rows_of(HOUSEHOLDS)}
