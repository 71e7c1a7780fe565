"""``Authorization: Basic …``: a name and a password with each request (RFC 7617)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from odata_service.auth.accounts import Account
from odata_service.auth.guesses import Guesses
from odata_service.auth.passwords import MOST_BYTES, Passwords
from odata_service.auth.scheme import Asking, NotBelieved, authorized_by
from odata_service.message import Principal


@dataclass(frozen=True)
class Basic:
    """Accounts by name. With ``guesses``, who guesses too often has to wait."""

    accounts: Mapping[str, Account]
    guesses: Guesses | None = None
    realm: str = "odata"
    _passwords: Passwords = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        hashes = {name: account.hashed for name, account in self.accounts.items()}
        object.__setattr__(self, "_passwords", Passwords(hashes))

    @property
    def challenge(self) -> str:
        return f'Basic realm="{self.realm}", charset="UTF-8"'

    def credentials(self, asking: Asking) -> str | None:
        return authorized_by("basic", asking)

    def caller(self, credentials: str, asking: Asking) -> Principal:
        name, password = name_and_password(credentials)
        if not (self._passwords.knows(name, password) or self._are_right(name, password, asking)):
            raise not_known()
        return self.accounts[name].user(name)

    def _are_right(self, name: str, password: bytes, asking: Asking) -> bool:
        """It is counted as a wrong guess first: so not even guesses that come all at once are more than are allowed."""
        if self.guesses is None:
            return self._passwords.are_right(name, password)
        guess = self.guesses.guess(name, asking.remote_addr)
        right = self._passwords.are_right(name, password)
        if right:
            guess.was_right()
        return right


def not_known() -> NotBelieved:
    """The same for a name that nobody has and for a password that is wrong."""
    return NotBelieved("CredentialsInvalid", "there is nobody with this name and password")


def name_and_password(credentials: str) -> tuple[str, bytes]:
    """
    >>> name_and_password("YWRhOm9wZW46c2VzYW1l")
    ('ada', b'open:sesame')
    """
    try:
        name, colon, password = base64.b64decode(credentials, validate=True).partition(b":")
        text = name.decode()
    except (binascii.Error, ValueError):
        raise NotBelieved("CredentialsInvalid", "name and password are not written as base64 of UTF-8") from None
    if not colon or len(password) > MOST_BYTES:
        raise NotBelieved("CredentialsInvalid", "a colon parts the name from a password of at most 1,024 bytes")
    return text, password
