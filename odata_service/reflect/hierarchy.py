"""Tables whose rows continue rows of another one, when their owner says so: types that are derived from its type."""

from __future__ import annotations

from dataclasses import replace

from odata_service.config import ConfigurationError
from odata_service.errors import did_you_mean
from odata_service.reflect.choices import Choices
from odata_service.reflect.draft import Draft, DraftEntity
from odata_service.reflect.facts import ForeignKey


def connect_hierarchies(draft: Draft, choices: Choices) -> None:
    """Before there are ways: the one from a row to what it continues is none."""
    by_name = {str(name): each for name, each in draft.entities.items()}
    for name, entity in by_name.items():
        wanted = choices.of(entity.name).inherits
        if not wanted:
            continue
        if wanted not in by_name or wanted == name:
            raise _refusal(entity, f"it cannot inherit from {wanted!r}{did_you_mean(wanted, set(by_name) - {name})}")
        entity.base = by_name[wanted]
        by_name[wanted].derived.append(entity)
    for entity in by_name.values():
        said = choices.of(entity.name)
        entity.value = said.value or entity.name.name
        if said.discriminator:
            entity.discriminator = said.discriminator
        if entity.base is None and entity.derived:
            _check_root(entity)
            _derive(entity)


def _check_root(root: DraftEntity) -> None:
    if root.discriminator not in {each.column.name for each in root.published}:
        raise _refusal(root, 'discriminator = "…" has to name the column that says of which table the rest of a row is')


def _derive(base: DraftEntity) -> None:
    for entity in base.derived:
        key = _continued(entity, base)
        if key is None:
            raise _refusal(entity, f"its key is no foreign key to that of {base.name}, from which it is to inherit")
        own = {each.name for each in entity.published if each.column.name not in entity.key}
        twice = next((name for name in sorted(own) if name in base.members), None)
        if twice is not None:
            raise _refusal(entity, f"{base.name} has a property {twice!r}, too; names = {{ … }} gives one another name")
        inherited = {each.column.name: each.name for each in base.properties}
        names = dict(zip(key.columns, (inherited[column] for column in key.target_columns), strict=True))
        entity.properties = [
            replace(each, name=names[each.column.name], hidden=True) if each.column.name in names else each
            for each in entity.properties
        ]
        entity.continues, entity.tracked = key, None
        _derive(entity)


def _continued(entity: DraftEntity, base: DraftEntity) -> ForeignKey | None:
    """The foreign key by which rows continue others."""
    return next(
        (
            key
            for key in entity.facts.foreign_keys
            if key.target == base.name
            and set(key.columns) == set(entity.key)
            and set(key.target_columns) == set(base.key)
        ),
        None,
    )


def _refusal(entity: DraftEntity, why: str) -> ConfigurationError:
    return ConfigurationError(f"tables.{str(entity.name)!r}: {why}")
