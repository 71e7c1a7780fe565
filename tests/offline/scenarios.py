"""What happens to an application that works without a network, as a table: who does what, and what is there in the end.

Every scenario begins with the orders ``1`` and ``2`` on the server and on the devices A and B. It ends with a ``sync`` of both
devices, twice; then the server and both have the same, and it is what ``end`` says. Clients of every language run it:
``test_scenarios.py`` here and in ``tests/offline_browser``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Step = tuple[Any, ...]
Rule = Literal["client", "server", "merge", "custom", "ask"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """``rule`` is how devices decide on conflicts; ``end`` has the orders by their ids, each with its name and status.
    ``page_size`` is how many orders a pull asks for at once."""

    name: str
    rule: Rule
    steps: tuple[Step, ...]
    end: dict[str, tuple[str, str]] = field(hash=False)
    page_size: int = 3


def both(client: str, server: str) -> str:
    """What the application makes of two statuses, where neither side wins.

    >>> both("lost", "paid")
    'paid+lost'
    """
    return f"{server}+{client}"


def filled(count: int) -> dict[str, tuple[str, str]]:
    """Orders of the server that nobody has typed in: ``r0`` …"""
    return {f"r{number}": ("Ada", "new") for number in range(count)}


# device  what it does                            what for
#   A     add ID NAME STATUS                      a new order
#   A     rename ID NAME, set ID STATUS           a change of one column or the other
#   A     delete ID
#   A     flip ID STATUS                          something else writes into its database
#   A     push, pull, sync                        sync is both
#   A     fails push                              which it does, or a conflict is left open
#   A     has ID NAME STATUS                      what its user sees
#   A     verify                                  compares all it has with the server, and fetches what is different
#   A     restart                                 the application starts anew on the same file
#   A     decide client|server|both               on each conflict that is open
#   A     conflicts COUNT                         so many are open
#   A     clock DAYS                              its clock is wrong by so much
#   A     dies STEP PUSH-OR-PULL                  it stops there, and starts again
#   A     full, room                              its disk has no room for more, and has again
#   A     overfills ID                            adds an order that has no room; its user is told, and nothing of it is there
#   net   down, up, lose COUNT, token             nothing is heard; answers get lost; only a new token is let in
#   server restart, forget                        begins anew; removes all tombstones for good, so that places are 410
#   server fill COUNT                             so many orders more, see `filled`
START = {"1": ("Ada", "new"), "2": ("Brian", "new")}
SCENARIOS = (
    Scenario(
        "work offline", "ask",
        (("net", "down"), ("A", "add", "3", "Chloe", "new"), ("A", "set", "1", "paid"), ("A", "delete", "2"), ("A", "fails", "push"),
         ("net", "up")),
        {"1": ("Ada", "paid"), "3": ("Chloe", "new")},
    ),
    Scenario(
        "restart", "ask",
        (("net", "down"), ("A", "add", "3", "Chloe", "new"), ("A", "set", "3", "paid"), ("A", "restart"), ("A", "rename", "1", "Ada King"),
         ("A", "restart"), ("net", "up")),
        {"1": ("Ada King", "new"), "2": ("Brian", "new"), "3": ("Chloe", "paid")},
    ),
    Scenario(
        "two devices edit different columns", "merge",
        (("A", "set", "1", "paid"), ("B", "rename", "1", "Ada King"), ("A", "push"), ("B", "push")),
        {"1": ("Ada King", "paid"), "2": ("Brian", "new")},
    ),
    Scenario(
        "two devices make the same change", "ask",
        (("A", "set", "1", "paid"), ("B", "set", "1", "paid"), ("A", "push"), ("B", "push"), ("B", "conflicts", 0)),
        {"1": ("Ada", "paid"), "2": ("Brian", "new")},
    ),
    Scenario(
        "conflict, the client wins", "client",
        (("A", "set", "1", "paid"), ("B", "set", "1", "lost"), ("A", "push"), ("B", "push")),
        {"1": ("Ada", "lost"), "2": ("Brian", "new")},
    ),
    Scenario(
        "conflict, the server wins", "server",
        (("A", "set", "1", "paid"), ("B", "set", "1", "lost"), ("A", "push"), ("B", "push")),
        {"1": ("Ada", "paid"), "2": ("Brian", "new")},
    ),
    Scenario(
        "conflict, merged but for one column", "merge",
        (("A", "set", "1", "paid"), ("B", "set", "1", "lost"), ("B", "rename", "1", "Ada King"), ("A", "push"), ("B", "fails", "push"),
         ("B", "conflicts", 1), ("B", "decide", "client")),
        {"1": ("Ada King", "lost"), "2": ("Brian", "new")},
    ),
    Scenario(
        "conflict, asked, the client is chosen", "ask",
        (("A", "set", "1", "paid"), ("B", "set", "1", "lost"), ("A", "push"), ("B", "fails", "push"), ("B", "conflicts", 1), ("B", "restart"),
         ("B", "decide", "client")),
        {"1": ("Ada", "lost"), "2": ("Brian", "new")},
    ),
    Scenario(
        "conflict, asked, the server is chosen", "ask",
        (("A", "set", "1", "paid"), ("B", "set", "1", "lost"), ("A", "push"), ("B", "fails", "push"), ("B", "decide", "server")),
        {"1": ("Ada", "paid"), "2": ("Brian", "new")},
    ),
    Scenario(
        "conflict, asked, something else is chosen", "ask",
        (("A", "set", "1", "paid"), ("B", "set", "1", "lost"), ("A", "push"), ("B", "fails", "push"), ("B", "decide", "both"),
         ("B", "has", "1", "Ada", "paid+lost")),
        {"1": ("Ada", "paid+lost"), "2": ("Brian", "new")},
    ),
    Scenario(
        "conflict, decided by the application's own rule", "custom",
        (("A", "set", "1", "paid"), ("B", "set", "1", "lost"), ("B", "rename", "1", "Ada King"), ("A", "push"), ("B", "push")),
        {"1": ("Ada King", "paid+lost"), "2": ("Brian", "new")},
    ),
    Scenario(
        "a conflict is in nobody's way", "ask",
        (("A", "set", "1", "paid"), ("B", "set", "1", "lost"), ("B", "set", "2", "paid"), ("A", "push"), ("B", "fails", "push"), ("B", "pull"),
         ("A", "pull"), ("A", "has", "2", "Brian", "paid"), ("B", "decide", "client")),
        {"1": ("Ada", "lost"), "2": ("Brian", "paid")},
    ),
    Scenario(
        "pulled beside an edit that waits", "merge",
        (("A", "set", "1", "paid"), ("A", "push"), ("B", "rename", "1", "Ada King"), ("B", "pull"), ("B", "has", "1", "Ada King", "new")),
        {"1": ("Ada King", "paid"), "2": ("Brian", "new")},
    ),
    Scenario(
        "deleted there, changed here, the client wins", "client",
        (("A", "delete", "1"), ("B", "set", "1", "paid"), ("A", "push"), ("B", "push")),
        {"1": ("Ada", "paid"), "2": ("Brian", "new")},
    ),
    Scenario(
        "deleted there, changed here, the server wins", "server",
        (("A", "delete", "1"), ("B", "set", "1", "paid"), ("A", "push"), ("B", "push")),
        {"2": ("Brian", "new")},
    ),
    Scenario(
        "changed there, deleted here, the client wins", "client",
        (("A", "set", "1", "paid"), ("B", "delete", "1"), ("A", "push"), ("B", "push")),
        {"2": ("Brian", "new")},
    ),
    Scenario(
        "changed there, deleted here, the server wins", "server",
        (("A", "set", "1", "paid"), ("B", "delete", "1"), ("A", "push"), ("B", "push"), ("B", "has", "1", "Ada", "paid")),
        {"1": ("Ada", "paid"), "2": ("Brian", "new")},
    ),
    Scenario(
        "both delete", "ask",
        (("A", "delete", "1"), ("B", "delete", "1"), ("A", "push"), ("B", "push"), ("B", "conflicts", 0)),
        {"2": ("Brian", "new")},
    ),
    Scenario(
        "the answer to an addition gets lost", "ask",
        (("net", "lose", 1), ("A", "add", "3", "Chloe", "new"), ("A", "fails", "push"), ("A", "restart")),
        {"1": ("Ada", "new"), "2": ("Brian", "new"), "3": ("Chloe", "new")},
    ),
    Scenario(
        "the answer gets lost, and the change goes on", "ask",
        (("net", "lose", 3), ("A", "add", "3", "Chloe", "new"), ("A", "fails", "push"), ("A", "set", "3", "paid"), ("A", "fails", "push"),
         ("A", "set", "1", "paid"), ("A", "fails", "push"), ("A", "rename", "1", "Ada King")),
        {"1": ("Ada King", "paid"), "2": ("Brian", "new"), "3": ("Chloe", "paid")},
    ),
    Scenario(
        "the answer to an addition gets lost, and it is deleted", "ask",
        (("net", "lose", 1), ("A", "add", "3", "Chloe", "new"), ("A", "fails", "push"), ("A", "delete", "3")),
        START,
    ),
    Scenario(
        "the answer to a deletion gets lost, and it is added again", "ask",
        (("net", "lose", 1), ("A", "delete", "1"), ("A", "fails", "push"), ("A", "add", "1", "Ada", "back")),
        {"1": ("Ada", "back"), "2": ("Brian", "new")},
    ),
    Scenario(
        "the answer gets lost, and others go on from the change", "ask",
        (("net", "lose", 1), ("A", "set", "1", "paid"), ("A", "fails", "push"), ("B", "pull"), ("B", "has", "1", "Ada", "paid"),
         ("B", "set", "1", "shipped"), ("B", "push"), ("A", "pull")),
        {"1": ("Ada", "shipped"), "2": ("Brian", "new")},
    ),
    Scenario(
        "the answer gets lost, and others delete", "ask",
        (("net", "lose", 1), ("A", "set", "1", "paid"), ("A", "fails", "push"), ("B", "pull"), ("B", "delete", "1"), ("B", "push"),
         ("A", "pull")),
        {"2": ("Brian", "new")},
    ),
    Scenario(
        "the server is killed in the middle of a push", "ask",
        (("A", "add", "3", "Chloe", "new"), ("A", "set", "1", "paid"), ("net", "lose", 1), ("A", "fails", "push"), ("server", "restart"),
         ("net", "lose", 1), ("A", "fails", "push"), ("server", "restart")),
        {"1": ("Ada", "paid"), "2": ("Brian", "new"), "3": ("Chloe", "new")},
    ),
    Scenario(
        "a device dies in the middle of a push", "ask",
        (("A", "add", "3", "Chloe", "new"), ("A", "dies", "prepared", "push"), ("A", "set", "1", "paid"), ("A", "dies", "answered", "push"),
         ("A", "delete", "2"), ("A", "dies", "settled", "push")),
        {"1": ("Ada", "paid"), "3": ("Chloe", "new")},
    ),
    Scenario(
        "a device dies in the middle of a pull", "ask",
        (*(("A", "add", f"n{number}", "Chloe", "new") for number in range(8)), ("A", "push"), ("B", "dies", "fetched", "pull"),
         ("B", "dies", "storing", "pull"), ("B", "dies", "stored", "pull"), ("A", "delete", "n7"), ("A", "push")),
        START | {f"n{number}": ("Chloe", "new") for number in range(7)},
    ),
    Scenario(
        "clocks are wrong by a day", "merge",
        (("A", "clock", 1), ("B", "clock", -1), ("A", "set", "1", "paid"), ("B", "rename", "1", "Ada King"), ("A", "sync"), ("B", "sync"),
         ("B", "set", "2", "paid"), ("B", "push"), ("A", "rename", "2", "Brian Boru")),
        {"1": ("Ada King", "paid"), "2": ("Brian Boru", "paid")},
    ),
    Scenario(
        "the place in the changes is too old", "ask",
        (("A", "delete", "1"), ("A", "push"), ("B", "add", "3", "Chloe", "new"), ("server", "forget"), ("B", "verify")),
        {"2": ("Brian", "new"), "3": ("Chloe", "new")},
    ),
    Scenario(
        "the disk is full", "ask",
        (("server", "fill", 1_000), ("A", "set", "1", "paid"), ("A", "full"), ("A", "overfills", "3"), ("A", "has", "1", "Ada", "paid"),
         ("A", "fails", "pull"), ("A", "room")),
        {"1": ("Ada", "paid"), "2": ("Brian", "new")} | filled(1_000), page_size=500,
    ),
    Scenario(
        "ten thousand rows", "ask",
        (("server", "fill", 10_000), ("A", "dies", "stored", "pull"), ("A", "pull"), ("A", "set", "r5000", "paid"), ("A", "delete", "r9999")),
        START | filled(9_999) | {"r5000": ("Ada", "paid")}, page_size=1_000,
    ),
    Scenario(
        "a row is written over by nobody", "ask",
        (("A", "set", "2", "paid"), ("A", "flip", "1", "nev"), ("A", "pull"), ("A", "has", "1", "Ada", "nev"), ("A", "verify"),
         ("A", "has", "1", "Ada", "new"), ("A", "has", "2", "Brian", "paid")),
        {"1": ("Ada", "new"), "2": ("Brian", "paid")},
    ),
    Scenario(
        "a new token is needed", "ask",
        (("net", "token"), ("A", "add", "3", "Chloe", "new"), ("A", "push"), ("B", "set", "1", "paid"), ("B", "sync")),
        {"1": ("Ada", "paid"), "2": ("Brian", "new"), "3": ("Chloe", "new")},
    ),
    Scenario(
        "added, changed and deleted before anybody hears of it", "ask",
        (("A", "add", "3", "Chloe", "new"), ("A", "set", "3", "paid"), ("A", "delete", "3"), ("A", "delete", "1"),
         ("A", "add", "1", "Ada", "again")),
        {"1": ("Ada", "again"), "2": ("Brian", "new")},
    ),
)  # fmt: skip
