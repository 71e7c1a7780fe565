"""As many more people as a benchmark needs. Everything about a person follows from its number, so N people are always
the same N people."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from odata_service.sample import Rows

from .rows import ADDRESS_TYPES, Household, rows_of

_NAMESPACE = UUID("6a1f0c5e-2b7d-4e83-9c46-d08e5b3f7a21")
_FIRST_NAMES = (
    "Aisha Alan Alejandro Amélie Anna Arjun Beatriz Björn Carlos Chen Claire Daniel David Elena Elif Emma Erik Fatima "
    "François Gabriel George Hannah Hiroshi Hugo Ines Isabel Ivan James Jana João Joseph Julia Karim Kofi Laura Léa "
    "Liam Lucía Luca Magnus Maria Mark Mateusz Mei Mohammed Nadia Nina Noah Olga Oliver Paul Priya Ravi Rosa Sara Sofia "
    "Sven Thomas Victor Yuki Zoë Zsófia"
).split()
_LAST_NAMES = (
    "Ahmed Allen Andersson Bauer Becker Bernard Bianchi Brown Castro Clark Costa D'Angelo Davis Diaz Dubois Dupont Evans "
    "Fernández Fischer García Gupta Hansen Hernández Horváth Ito Ivanova Jansen Johnson Jones Kaya Khan Kim Kovács "
    "Kowalski Lee Lindqvist López Martin Mensah Miller Moreau Müller Nagy Nakamura Nguyen Nielsen Novák O'Brien Okeke "
    "Olsen Patel Petrov Ricci Rossi Roy Santos Sato Schmidt Silva Singh Smith Tanaka Taylor Virtanen Wang Weber Wilson "
    "Wójcik Yıldız Zhang"
).split()
_STREETS = (
    "Acacia Avenue|Bahnhofstraße|Baker Street|Calle Mayor|Cedar Lane|Chestnut Court|Church Road|Elm Avenue|Garden Close|"
    "Hauptstraße|High Street|Hill Road|King's Road|Lake Drive|Lindenweg|Main Street|Maple Drive|Mill Lane|Oak Street|"
    "Park Row|Prospect Place|Queen's Walk|River Road|Rua Nova|Rue de l'Église|School Lane|Station Road|Storgata|"
    "Via Roma|Victoria Terrace|Willow Way|York Street"
).split("|")
_TOWNS = (
    "Aberdeen Antwerp Austin Bilbao Bologna Boston Bristol Cork Denver Dresden Galway Genoa Gdańsk Göteborg Graz Leeds "
    "Leipzig Lyon Málaga Malmö Nantes Odense Oslo Porto Seattle Tampere Turku Utrecht Vienna Zürich"
).split()


class Dice:
    """Choices read off one large number, digit by digit.

    >>> dice = Dice(1234)
    >>> dice.below(10), dice.one_of("abc"), dice.below(10)
    (4, 'a', 1)
    """

    def __init__(self, number: int) -> None:
        self._left = number

    def below(self, end: int) -> int:
        self._left, thrown = divmod(self._left, end)
        return thrown

    def one_of(self, choices: Sequence[str]) -> str:
        return choices[self.below(len(choices))]


def generated_person(number: int) -> Household:
    """The person of that number, from 0: one to three addresses, none to two phone numbers.

    >>> generated_person(7) == generated_person(7), generated_person(0).name
    (True, 'Joseph Yıldız')
    """
    key = uuid5(_NAMESPACE, str(number))
    dice = Dice(key.int)
    name = f"{dice.one_of(_FIRST_NAMES)} {dice.one_of(_LAST_NAMES)}"
    addresses = tuple(_address(dice) for _ in range(1 + dice.below(3)))
    numbers = tuple(f"+1 555 {dice.below(10_000_000):07d}" for _ in range(dice.below(3)))
    return Household(key, name, addresses, numbers)


def _address(dice: Dice) -> tuple[str, int]:
    street = f"{1 + dice.below(299)} {dice.one_of(_STREETS)}, {dice.one_of(_TOWNS)}"
    return street, 1 + dice.below(len(ADDRESS_TYPES))


def generated_rows(numbers: range) -> Rows:
    return rows_of(map(generated_person, numbers))
