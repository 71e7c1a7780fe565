"""Who may do what with the tables of a database: what the settings say of each, or what goes for one of which they say nothing."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_

from odata_service import EntitySetRights, ODataService
from odata_service.config import ConfigurationError, Settings, TableSettings
from odata_service.context import Context
from odata_service.opening import NOTHING_SAID, narrow, rights_of, role_named
from odata_service.reflect.draft import Draft, DraftEntity
from odata_service.settings_file import EVERYBODY


def open_sets(service: ODataService, draft: Draft, settings: Settings) -> None:
    if settings.page_size:
        service.page_size("*", settings.page_size)
    for entity in (each for each in draft.entities.values() if each.base is None):
        if entity.key_from == "primary key" and entity.facts.lacking:
            _leave_out_keyless_rows(service, entity)
        said = settings.tables.get(str(entity.name), NOTHING_SAID)
        _open(service, entity, said, settings)
        narrow(service, entity.set_name, said, str(entity.name))


def _open(service: ODataService, entity: DraftEntity, said: TableSettings, settings: Settings) -> None:
    most = EntitySetRights.ALL if entity.facts.kind == "table" and not entity.is_keyless else EntitySetRights.ALL_READ
    usual = {EVERYBODY: ("all" if settings.writable else "read",)}
    for role, words in (said.rights or settings.rights or usual).items():
        rights = rights_of(words)
        if rights & EntitySetRights.ALL_WRITE and not settings.writable:
            raise ConfigurationError(
                f"{role} may change {entity.set_name}, but the connections are read-only; --writable changes that"
            )
        service.rights(entity.set_name, rights & most, role=role_named(role))


def _leave_out_keyless_rows(service: ODataService, entity: DraftEntity) -> None:
    """Nobody could ask for such a row, and no page could begin after it."""
    mapped = service.model.sets[entity.set_name].type.mapper.class_
    names = [each.name for each in entity.properties if each.column.name in entity.facts.lacking]

    @service.query_interceptor(entity.set_name)
    def with_key(_: Context) -> ColumnElement[bool]:
        return and_(*(getattr(mapped, name).is_not(None) for name in names))
