from tests.service.databases import (
    client_of,
    databases,
    engine_of,
    engines,
    people,
    people_by_entity,
    shop,
)

__all__ = ["client_of", "databases", "engine_of", "engines", "people", "people_by_entity", "shop"]
