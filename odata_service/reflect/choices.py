"""What the owner of a database says of its publication; where nothing is said, the rules decide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from fnmatch import fnmatchcase
from itertools import pairwise

from odata_service.reflect.facts import Columns, TableName
from odata_service.values import frozen


@frozen
class TableChoices:
    """Of one table or view. ``names`` are other names for its columns, and ``navigation`` for its ways to other sets, by the
    names that these would have."""

    set_name: str = ""
    type_name: str = ""
    key: Columns = ()
    ignore: Columns = ()
    names: Mapping[str, str] = field(default_factory=dict)
    navigation: Mapping[str, str] = field(default_factory=dict)
    last_updated: str = ""
    is_deleted: str = ""
    inherits: str = ""
    discriminator: str = ""
    value: str = ""


NOTHING_SAID = TableChoices()


@frozen
class Choices:
    """``only`` and ``without`` are patterns of table names, ``expose`` of columns: ``users.password_hash``, ``*.token``."""

    schemas: tuple[str, ...] = ()
    only: tuple[str, ...] = ("*",)
    without: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    tables: Mapping[str, TableChoices] = field(default_factory=dict)

    def of(self, table: TableName) -> TableChoices:
        return self.tables.get(str(table), NOTHING_SAID)

    def takes(self, table: TableName) -> bool:
        return _matches(str(table), self.only) and not _matches(str(table), self.without)

    def hides(self, table: TableName, column: str) -> bool:
        """Whether a column looks like a secret that nobody said may be shown."""
        return is_secret(column) and not _matches(f"{table}.{column}", self.expose)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


_WORDS = frozenset(
    "password passwd passphrase passcode pwd secret secrets token tokens salt credential credentials otp totp cvv cvc apikey privatekey".split()
)
_LAST_WORDS = frozenset({"hash", "hashed", "digest"})
_PAIRS = frozenset(
    {("api", "key"), ("private", "key"), ("access", "key"), ("encryption", "key"), ("auth", "key"), ("pass", "word")}
)
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


def is_secret(column: str) -> bool:
    """
    >>> [name for name in ("PasswordHash", "api_key", "user_token", "SECRET", "ApiKeyName", "HashTag", "Token_ring") if is_secret(name)]
    ['PasswordHash', 'api_key', 'user_token', 'SECRET', 'ApiKeyName', 'Token_ring']
    >>> is_secret("passport_no"), is_secret("keyword"), is_secret("row_hash")
    (False, False, True)
    """
    words = [word.lower() for word in _WORD.findall(column)]
    if not words:
        return False
    pairs = set(pairwise(words))
    return bool(_WORDS & set(words) or words[-1] in _LAST_WORDS or _PAIRS & pairs)
