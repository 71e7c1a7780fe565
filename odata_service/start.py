"""Settings → a service that is ready to answer. The web application, the command line and the tests start here."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from odata_service import ODataService
from odata_service.config import ConfigurationError, Settings
from odata_service.database import is_in_memory, one_line, open_engine
from odata_service.sample import sample_named


def started(settings: Settings) -> ODataService:
    """The sample's service on the database of the settings; an empty database gets tables and first rows."""
    sample = sample_named(settings.sample)
    service = ODataService(
        sample.base,
        open_engine(settings.url),
        namespace=sample.namespace,
        container=sample.container,
        limits=settings.limits,
        secret=settings.secret or None,
    )
    if settings.page_size:
        service.page_size("*", settings.page_size)
    sample.configure(service)
    try:
        sample.create(service.engine)
    except SQLAlchemyError as error:
        raise ConfigurationError(f"cannot make the tables in {service.engine.url!r}: {one_line(error)}") from error
    if not is_in_memory(service.engine):
        service.engine.dispose()  # a server may fork next, and a connection belongs to one process
    return service
