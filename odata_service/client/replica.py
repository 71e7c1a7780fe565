"""A replica of what a service describes, without a line of one's own: the classes are made from the description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import (
    JSON, BigInteger, Boolean, Date, DateTime, Double, ForeignKey, Integer, Interval, LargeBinary, MetaData, String, Time, Uuid,
    select,
)  # fmt: skip
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeEngine

from odata_service.edm.names import camel_case

from .builder import DatasyncBuilder, Protocol
from .columns import Exact, dumps, loads
from .conflict import Resolver, merge
from .context import OfflineContext
from .description import Described, DescribedSet, Description
from .entity import ID, SYSTEM, OfflineEntity
from .store import REPLICA, Store
from .transport import Auth, ClientError

TABLE_KEY = "id"
_TYPES: Mapping[str, type[TypeEngine[Any]]] = {
    "Edm.String": String,
    "Edm.Boolean": Boolean,
    "Edm.Byte": Integer,
    "Edm.SByte": Integer,
    "Edm.Int16": Integer,
    "Edm.Int32": Integer,
    "Edm.Int64": BigInteger,
    "Edm.Decimal": Exact,
    "Edm.Single": Double,
    "Edm.Double": Double,
    "Edm.Guid": Uuid,
    "Edm.Binary": LargeBinary,
    "Edm.Date": Date,
    "Edm.TimeOfDay": Time,
    "Edm.DateTimeOffset": DateTime,
    "Edm.Duration": Interval,
}


class Replica(OfflineContext):
    """The file of ``odata-service replica``. What it was made from is in it; who asks is not."""

    def __init__(self, path: str | Path, *, auth: Auth | None = None, resolver: Resolver = merge) -> None:
        said = _said(Path(path))
        self._endpoint: str = said["endpoint"]
        self._protocol: Protocol = said["protocol"]
        self._sets = [_set(each) for each in said["sets"]]
        self._auth, self._resolver = auth, resolver
        self.base = base_of(self._sets)  # type: ignore[misc]  # of this replica, where others have a class each
        super().__init__(path)

    def on_datasync_initialization(self, builder: DatasyncBuilder) -> None:
        builder.use_endpoint(self._endpoint, protocol=self._protocol, auth=self._auth)
        builder.use_default_conflict_resolver(self._resolver)
        for each in self._sets:
            model = self.shapes[each.name].mapper.class_
            endpoint = each.name.lower() if self._protocol == "tables" else each.name
            builder.entity(model, endpoint=endpoint, key=each.key, updated_at=each.stamp)


def create(path: Path, endpoint: str, protocol: Protocol, description: Description) -> None:
    """Write down what a replica is made from; its tables are made when it is opened."""
    if path.exists():
        raise ClientError(f"{path} is there already")
    if not description.sets:
        raise ClientError(f"{endpoint} has no set whose changes can be followed")
    sets = [_as_table(each) for each in description.sets] if protocol == "tables" else description.sets
    said = {"endpoint": endpoint, "protocol": protocol, "sets": [asdict(each) for each in sets]}
    store = Store(path)
    try:
        store.create(base_of(list(sets)).metadata)
        with store.writing() as connection:
            connection.execute(insert(REPLICA).values(Name="service", Value=dumps(said)))
    finally:
        store.close()


def _as_table(each: DescribedSet) -> DescribedSet:
    """The same as tables call it."""
    properties = tuple(
        replace(
            said,
            name=_in_table(said.name, each.key),
            refers_to=None if said.refers_to is None else (said.refers_to[0], TABLE_KEY),
        )
        for said in each.properties
    )
    return DescribedSet(each.name, TABLE_KEY, None, properties)


def _in_table(name: str, key: str) -> str:
    return TABLE_KEY if name == key else camel_case(name)


def base_of(sets: list[DescribedSet]) -> type[DeclarativeBase]:
    """Mapped classes named as the sets, with the names of the service's properties."""

    class Base(DeclarativeBase):
        entities: ClassVar[list[type]] = []  # which nobody else would hold

    keys = {each.name: each.key for each in sets}
    for each in sets:
        columns = {_attribute(said, each.key): _column(said, each.key, keys) for said in each.properties}
        Base.entities.append(type(each.name, (OfflineEntity, Base), {"__tablename__": each.name, **columns}))
    return Base


def _attribute(said: Described, key: str) -> str:
    if said.name == key:
        return ID
    return (
        f"{said.name}_" if said.name in (ID, "entities", "metadata", "registry") or _is_ours(said.name) else said.name
    )


def _column(said: Described, key: str, keys: Mapping[str, str]) -> Any:
    kind = _TYPES.get(said.type, JSON)
    column_type = String(said.length) if kind is String and said.length else kind()
    arguments: list[Any] = [column_type]
    if said.refers_to is not None and said.refers_to[0] in keys:
        arguments.append(ForeignKey("{}.{}".format(*said.refers_to)))
    if said.name == key:
        return mapped_column(said.name, *arguments, primary_key=True, sort_order=-1)
    name = f"{said.name}_" if _is_ours(said.name) else said.name
    info = {"name": said.name, "computed": said.computed}
    return mapped_column(name, *arguments, nullable=said.nullable or said.computed, info=info)


def _is_ours(name: str) -> bool:
    """SQLite's columns are the same in any case."""
    return name.lower() in (each.lower() for each in SYSTEM)


def _said(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise ClientError(f"{path} is not there: odata-service replica init URL {path}")
    store = Store(path)
    try:
        store.create(MetaData())
        with store.reading() as connection:
            text = connection.scalar(select(REPLICA.c.Value).where(REPLICA.c.Name == "service"))
    finally:
        store.close()
    if text is None:
        raise ClientError(f"{path} is no replica: the command has not made it")
    said: dict[str, Any] = loads(text)
    return said


def _set(said: Mapping[str, Any]) -> DescribedSet:
    properties = tuple(
        Described(**{**each, "refers_to": None if each["refers_to"] is None else tuple(each["refers_to"])})
        for each in said["properties"]
    )
    return DescribedSet(said["name"], said["key"], said["stamp"], properties)
