"""The People service of the WCF Data Services article: a person's addresses and phone numbers, kept in step with clients.

``people`` tracks every row (``models``), ``people-entity`` only the Person (``entity_level``). Both start with the dozen
people in ``rows``.
"""

from __future__ import annotations

from dataclasses import replace

from odata_service import EntitySetRights, ODataService
from odata_service.sample import Sample

from . import entity_level, models
from .generated import generated_rows
from .rows import first_rows


def initialize_service(service: ODataService) -> None:
    """As the article has it: ``config.SetEntitySetAccessRule("*", EntitySetRights.All);``"""
    service.rights("*", EntitySetRights.ALL)


PEOPLE = Sample(
    name="people",
    base=models.Base,
    main=models.Person,
    namespace="PeopleModel",
    container="MyPeopleEntities",
    roots={"/PeopleDataService.svc": "v2", "/tables": "tables", "/v4": "v4", "/v2": "v2"},
    example="/v2/People?$top=2",
    first_rows=first_rows,
    generated_rows=generated_rows,
    configure=initialize_service,
)
PEOPLE_BY_ENTITY = replace(PEOPLE, name="people-entity", base=entity_level.Base, main=entity_level.Person)
