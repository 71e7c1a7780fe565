"""Keys of programs: ``X-API-Key: …``, or ``Authorization: ApiKey …``.

A key is drawn by lot (:func:`new_key`), so that nobody can guess it, and one round of SHA-256 keeps it well enough.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from odata_service.auth.accounts import Account
from odata_service.auth.guesses import Guesses
from odata_service.auth.scheme import Asking, NotBelieved, authorized_by
from odata_service.config import ConfigurationError
from odata_service.message import Principal

HEADER = "X-API-Key"
_HASHED = re.compile(r"sha256:[0-9a-f]{64}")


def new_key() -> str:
    """256 bits."""
    return f"odata_{secrets.token_urlsafe(32)}"


def hash_key(key: str) -> str:
    """
    >>> hash_key("odata_example")[:20]
    'sha256:1b3d7a66712ef'
    """
    return f"sha256:{hashlib.sha256(key.encode(errors='surrogateescape')).hexdigest()}"


@dataclass(frozen=True)
class ApiKeys:
    """Accounts by name, with the hash of their key."""

    accounts: Mapping[str, Account]
    guesses: Guesses | None = None
    header: str = HEADER
    realm: str = "odata"

    def __post_init__(self) -> None:
        if not all(_HASHED.fullmatch(each.hashed) for each in self.accounts.values()):
            raise ConfigurationError("a key is kept as 'odata-service new-key' writes it: sha256:…")

    @property
    def challenge(self) -> str:
        return f'ApiKey realm="{self.realm}", header="{self.header}"'

    def credentials(self, asking: Asking) -> str | None:
        found: str | None = asking.headers.get(self.header)
        return authorized_by("apikey", asking) if found is None else found

    def caller(self, credentials: str, asking: Asking) -> Principal:
        """All are compared, whichever it is."""
        hashed = hash_key(credentials)
        same = [name for name, each in self.accounts.items() if hmac.compare_digest(each.hashed, hashed)]
        if not same:
            if self.guesses is not None:
                self.guesses.guess(None, asking.remote_addr)
            raise NotBelieved("CredentialsInvalid", "there is nobody with this key")
        return self.accounts[same[0]].user(same[0])
