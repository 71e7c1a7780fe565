"""A database as it is → a service: read-only and without secrets, unless its owner says otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import URL, Engine
from sqlalchemy.exc import SQLAlchemyError

from odata_service import EntitySetRights, ODataService
from odata_service.config import ConfigurationError, Settings
from odata_service.database import one_line, open_engine
from odata_service.edm.errors import ModelError
from odata_service.edm.names import legal
from odata_service.reflect.choices import Choices
from odata_service.reflect.draft import Draft
from odata_service.reflect.drafting import draft_of
from odata_service.reflect.mapped import mapped_classes
from odata_service.reflect.products import Product, product_named
from odata_service.reflect.reading import Progress, quiet, read_facts


@dataclass(frozen=True, slots=True)
class Reflected:
    """A service with the decisions that made it."""

    name: str
    service: ODataService
    draft: Draft

    @property
    def first_set(self) -> str:
        """The set with the most ways to others: what a database is about."""
        return max(self.draft.entities.values(), key=lambda each: len(each.navigation)).set_name

    @property
    def notices(self) -> tuple[str, ...]:
        """What its owner should hear at every start."""
        hidden = [each for each in self.draft.remarks if each.severity == "left out"]
        doubts = [str(each) for each in self.draft.remarks if each.severity == "doubt"]
        return (*map(str, hidden), *doubts)


def reflected(settings: Settings, progress: Progress = quiet) -> Reflected:
    engine = existing(settings)
    draft = drafted(engine, settings, progress)
    if not draft.entities:
        raise ConfigurationError(_nothing(engine, draft))
    progress(f"mapping {len(draft.entities)} tables and views")
    classes = mapped_classes(draft)
    name = _name(engine.url)
    namespace = settings.namespace or legal(name)
    try:
        service = ODataService(
            classes.values(), engine, namespace=namespace, limits=settings.limits, secret=settings.secret or None
        )
    except ModelError as error:
        raise ConfigurationError(str(error)) from error
    _open(service, draft, settings)
    return Reflected(name, service, draft)


def existing(settings: Settings) -> Engine:
    """The engine of a database that is there already; without ``writable`` it cannot change anything."""
    engine = open_engine(settings.url, make_file=False)
    if not settings.writable:
        _product(engine).read_only(engine)
    return engine


def drafted(engine: Engine, settings: Settings, progress: Progress = quiet) -> Draft:
    product, choices = _product(engine), choices_of(settings)
    try:
        facts = read_facts(engine, product, choices.schemas, progress)
        with engine.connect() as connection:
            evidence = {
                each.name: product.evidence(connection, each) for each in facts.tables if choices.takes(each.name)
            }
    except SQLAlchemyError as error:
        raise ConfigurationError(f"cannot read the tables of {engine.url!r}: {one_line(error)}") from error
    return draft_of(facts, choices, product, evidence)


def choices_of(settings: Settings) -> Choices:
    return Choices(settings.schemas, settings.only, settings.without, settings.expose)


def _product(engine: Engine) -> Product:
    return product_named(engine.dialect.name)


def _name(url: URL) -> str:
    """
    >>> from sqlalchemy import make_url
    >>> _name(make_url("sqlite:///var/northwind.db")), _name(make_url("postgresql://me@host/shop"))
    ('northwind', 'shop')
    """
    name = (url.database or "database").rpartition("/")[2]
    return name.partition("?")[0].rpartition(".")[0] or name if url.get_backend_name() == "sqlite" else name


def _nothing(engine: Engine, draft: Draft) -> str:
    if not draft.remarks:
        return f"{engine.url!r} has no tables to publish"
    first, more = draft.remarks[0], len(draft.remarks) - 1
    others = f", and {more} more" if more else ""
    return f"{engine.url!r} has no tables that could be published: {first.about}: {first.says}{others}"


def _open(service: ODataService, draft: Draft, settings: Settings) -> None:
    if settings.page_size:
        service.page_size("*", settings.page_size)
    for entity in draft.entities.values():
        changeable = settings.writable and entity.facts.kind == "table" and not entity.is_keyless
        service.rights(entity.set_name, EntitySetRights.ALL if changeable else EntitySetRights.ALL_READ)
