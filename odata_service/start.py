"""Settings → a service that is ready to answer. The web application, the command line and the tests start here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources.abc import Traversable

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from odata_service import ODataService
from odata_service.config import ConfigurationError, Settings
from odata_service.database import Pool, is_in_memory, one_line, open_engine, replica_engine
from odata_service.opening import open_sample
from odata_service.reflect.reading import Progress, quiet
from odata_service.reflect.service import reflected
from odata_service.sample import Sample, sample_named
from odata_service.values import frozen

_ROOTS = {"/v4": "v4", "/v2": "v2"}
_ROOTS_OF_TRACKED = {"/tables": "tables", "/sync": "sync"}


@frozen
class Published:
    """A service with what there is to say of it at its start. ``example`` is a request to try first, below the host; ``main``
    the class that is its most important one."""

    name: str
    service: ODataService
    roots: Mapping[str, str]  # where the service is mounted → the protocol spoken there
    example: str
    main: str = ""
    notices: tuple[str, ...] = ()
    pages: Traversable | None = None  # of an application at /app/


def published(settings: Settings, progress: Progress = quiet) -> Published:
    """A sample on its database, which gets tables and first rows where it is empty; else the database as it is."""
    if settings.sample_name:
        sample = sample_named(settings.sample_name)
        service = _of_sample(sample, settings)
        service.explain(*settings.explain)
        _add_replica(service, settings)
        return Published(sample.name, service, sample.roots, sample.example, sample.main.__name__, pages=sample.pages)
    found = reflected(settings, progress)
    found.service.explain(*settings.explain)
    _add_replica(found.service, settings)
    _leave_connections(found.service)
    roots = {**_ROOTS_OF_TRACKED, **_ROOTS} if found.follows_changes else _ROOTS
    return Published(found.name, found.service, roots, f"/v4/{found.first_set}?$top=2", notices=found.notices)


def started(settings: Settings) -> ODataService:
    return published(settings).service


def service_of_sample(sample: Sample, settings: Settings, engine: Engine) -> ODataService:
    """The service of a sample, of whose database nothing is asked."""
    service = ODataService(
        sample.base,
        engine,
        namespace=sample.namespace,
        container=sample.container,
        limits=settings.limits,
        secret=settings.secret or None,
    )
    if settings.page_size:
        service.page_size("*", settings.page_size)
    sample.configure(service)
    open_sample(service, settings)
    return service


def _of_sample(sample: Sample, settings: Settings) -> ODataService:
    service = service_of_sample(sample, settings, open_engine(settings.url, pool=Pool.of(settings)))
    try:
        sample.create(service.engine)
    except SQLAlchemyError as error:
        raise ConfigurationError(f"cannot make the tables in {service.engine.url!r}: {one_line(error)}") from error
    _leave_connections(service)
    return service


def _add_replica(service: ODataService, settings: Settings) -> None:
    if settings.replica_url:
        try:
            service.read_replica(replica_engine(settings), most_behind=settings.replica_seconds)
        except ValueError as error:
            raise ConfigurationError(f"replica_url: {error}") from error


def _leave_connections(service: ODataService) -> None:
    """A server may fork next, and a connection belongs to one process."""
    if not is_in_memory(service.engine):
        service.engine.dispose()
