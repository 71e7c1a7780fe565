"""What the settings say, by role, put into rights on sets, filters of rows and rights on columns; and a sample opened by it. ::

[rights]
clerk = "read"

[tables.People]
rights = { clerk = ["read", "write_merge"] }
rows = { clerk = "Name eq @user.sub" }
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from odata_service import EntitySetRights, ODataService, ServiceActionRights, ServiceOperationRights
from odata_service.access import ColumnRights
from odata_service.config import ConfigurationError, Settings, TABLE_ROWS, TableSettings
from odata_service.edm.model import EntitySet
from odata_service.errors import did_you_mean
from odata_service.settings_file import EVERYBODY

NOTHING_SAID = TableSettings()
_WORDS_OF_SETS = {"read": "ALL_READ"}
_WORDS_OF_COLUMNS = {"read": "ALL_READ", "show": "READ"}
_OF_SAMPLES = ("rights", "rows", "columns", "page_size")  # its model says all else


def open_sample(service: ODataService, settings: Settings) -> None:
    """Where the settings say nothing, a sample is as open as it is made; they may close it, and open it to some, but no
    further than that. A table has the name that it has in the database, or that of its set."""
    said_of = _said_of(service, settings)
    for name, said in said_of.items():
        narrow(service, name, said, name)
    if settings.rights:
        _open_operations(service, settings.rights)
    for name in service.model.sets:
        by_role = said_of.get(name, NOTHING_SAID).rights or settings.rights
        if by_role:
            _open(service, name, by_role)


def _said_of(service: ODataService, settings: Settings) -> dict[str, TableSettings]:
    """By the name of the set."""
    sets = service.model.sets.values()
    known = {name for each in sets for name in _names(each)}
    found: dict[str, TableSettings] = {}
    for name, said in settings.tables.items():
        if name not in known:
            raise _mistake(name, f"the sample has no such table{did_you_mean(name, known)}")
        if unfit := [row for row in TABLE_ROWS if row not in _OF_SAMPLES and getattr(said, row)]:
            raise _mistake(
                name, f"{unfit[0]} is for tables as they are; of a sample's there are {', '.join(_OF_SAMPLES)}"
            )
        for each in (each for each in sets if name in _names(each)):
            if each.name in found:
                raise _mistake(name, f"the same is said of {each.name} by another name")
            found[each.name] = said
    return found


def _mistake(name: str, why: object) -> ConfigurationError:
    return ConfigurationError(f"tables.{name!r}: {why}")


def _names(entity_set: EntitySet) -> tuple[str, str]:
    return entity_set.name, str(entity_set.type.mapper.local_table)


def _open(service: ODataService, set_name: str, by_role: Mapping[str, Iterable[str]]) -> None:
    most = service.access.rights.to(set_name, frozenset()) or EntitySetRights.NONE
    for role, words in {EVERYBODY: ("none",), **by_role}.items():
        service.rights(set_name, rights_of(words) & most, role=role_named(role))


def _open_operations(service: ODataService, by_role: Mapping[str, Iterable[str]]) -> None:
    """Functions are for those who may read, and actions, which may change anything, for those who may."""
    for role, words in {EVERYBODY: ("none",), **by_role}.items():
        rights = rights_of(words)
        reads = ServiceOperationRights.ALL if rights & EntitySetRights.ALL_READ else ServiceOperationRights.NONE
        writes = rights & EntitySetRights.ALL_WRITE == EntitySetRights.ALL_WRITE
        acts = ServiceActionRights.INVOKE if writes else ServiceActionRights.NONE
        for each in service.model.operations:
            service.operation_rights(each.name, reads if each.kind == "function" else acts, role=role_named(role))


def narrow(service: ODataService, set_name: str, said: TableSettings, called: str) -> None:
    """Of rows and columns that are spoken of, each role has what was said of it, and no more."""
    if said.page_size:
        service.page_size(set_name, said.page_size)
    try:
        for role, text in said.rows.items():
            service.row_filter(set_name, text, role=role_named(role))
        for column, by_role in said.columns.items():
            for role, words in by_role.items():
                service.column_rights(set_name, column, column_rights_of(words), role=role_named(role))
    except ValueError as error:
        raise _mistake(called, error) from error


def role_named(said: str) -> str | None:
    return None if said == EVERYBODY else said


def rights_of(words: Iterable[str]) -> EntitySetRights:
    """
    >>> int(rights_of(["read", "write_append"]))
    7
    """
    return EntitySetRights(_together(words, _WORDS_OF_SETS, lambda name: EntitySetRights[name]))


def column_rights_of(words: Iterable[str]) -> ColumnRights:
    """What can be done with a property at all can be done with one that is shown.

    >>> column_rights_of(["show"]), column_rights_of(["sort"]), column_rights_of(["none"])
    (<ColumnRights.READ: 1>, <ColumnRights.READ|SORT: 5>, <ColumnRights.NONE: 0>)
    """
    rights = ColumnRights(_together(words, _WORDS_OF_COLUMNS, lambda name: ColumnRights[name]))
    return rights | ColumnRights.READ if rights else rights


def _together(words: Iterable[str], known: Mapping[str, str], right: Callable[[str], int]) -> int:
    together = 0
    for word in words:
        together |= right(known.get(word, word.upper()))
    return together
