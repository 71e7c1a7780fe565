import pytest
from sqlalchemy.orm import Session

from odata_service import EntitySetRights, ODataService
from tests.apply.model import Base, fill
from tests.delta.client import ClientV4
from tests.service.databases import databases, engine_of, engines

__all__ = ["databases", "engine_of", "engines"]


@pytest.fixture
def sales(databases, engines):
    """The sales, only to be read; everything is open."""
    engine = engines("sales")
    if "sales" not in databases.pristine:
        Base.metadata.create_all(engine)
        with Session(engine) as session, session.begin():
            fill(session)
        databases.pristine.add("sales")
    service = ODataService(Base, engine, namespace="Sales")
    service.rights("*", EntitySetRights.ALL)
    return ClientV4(service, newest=True)
