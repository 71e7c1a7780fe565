from tests.service.databases import client_of, databases, engines

__all__ = ["client_of", "databases", "engines"]
