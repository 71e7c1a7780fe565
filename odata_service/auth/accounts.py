"""Those whom the service knows itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from odata_service.message import User
from odata_service.values import frozen


@frozen
class Account:
    """The hash of a password or key, and whose it is."""

    hashed: str
    roles: frozenset[str] = frozenset()
    claims: Mapping[str, object] = field(default_factory=dict)

    def user(self, name: str) -> User:
        return User(name, self.roles, claims={"sub": name, **self.claims})
