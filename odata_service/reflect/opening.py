"""Who may do what with the tables of a database: what the settings say, by role, put into rights, filters of rows and rights on columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import ColumnElement, and_

from odata_service import EntitySetRights, ODataService
from odata_service.access import ColumnRights
from odata_service.config import ConfigurationError, Settings, TableSettings
from odata_service.context import Context
from odata_service.reflect.draft import Draft, DraftEntity
from odata_service.settings_file import EVERYBODY

_WORDS_OF_SETS = {"read": "ALL_READ"}
_WORDS_OF_COLUMNS = {"read": "ALL_READ", "show": "READ"}


def open_sets(service: ODataService, draft: Draft, settings: Settings) -> None:
    if settings.page_size:
        service.page_size("*", settings.page_size)
    for entity in (each for each in draft.entities.values() if each.base is None):
        if entity.key_from == "primary key" and entity.facts.lacking:
            _leave_out_keyless_rows(service, entity)
        said = settings.tables.get(str(entity.name), TableSettings())
        if said.page_size:
            service.page_size(entity.set_name, said.page_size)
        _open(service, entity, said, settings)
        try:
            _narrow(service, entity.set_name, said)
        except ValueError as error:
            raise ConfigurationError(f"tables.{str(entity.name)!r}: {error}") from error


def _open(service: ODataService, entity: DraftEntity, said: TableSettings, settings: Settings) -> None:
    most = EntitySetRights.ALL if entity.facts.kind == "table" and not entity.is_keyless else EntitySetRights.ALL_READ
    usual = {EVERYBODY: ("all" if settings.writable else "read",)}
    for role, words in (said.rights or settings.rights or usual).items():
        rights = rights_of(words)
        if rights & EntitySetRights.ALL_WRITE and not settings.writable:
            raise ConfigurationError(
                f"{role} may change {entity.set_name}, but the connections are read-only; --writable changes that"
            )
        service.rights(entity.set_name, rights & most, role=_role(role))


def _narrow(service: ODataService, set_name: str, said: TableSettings) -> None:
    """Of rows and columns that are spoken of, each role has what was said of it, and no more."""
    for role, text in said.rows.items():
        service.row_filter(set_name, text, role=_role(role))
    for column, by_role in said.columns.items():
        for role, words in by_role.items():
            service.column_rights(set_name, column, column_rights_of(words), role=_role(role))


def _role(said: str) -> str | None:
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


def _leave_out_keyless_rows(service: ODataService, entity: DraftEntity) -> None:
    """Nobody could ask for such a row, and no page could begin after it."""
    mapped = service.model.sets[entity.set_name].type.mapper.class_
    names = [each.name for each in entity.properties if each.column.name in entity.facts.lacking]

    @service.query_interceptor(entity.set_name)
    def with_key(_: Context) -> ColumnElement[bool]:
        return and_(*(getattr(mapped, name).is_not(None) for name in names))
