"""The public keys of who signs tokens: a JSON Web Key Set in a file or at an address (RFC 7517), read anew now and then.

A key that is not there yet makes it be read again, but not more often than every half minute: anybody may name a key that does
not exist. While the address does not answer, the keys that were read last hold for a day.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from odata_service.config import ConfigurationError
from odata_service.errors import ServiceUnavailable
from odata_service.values import frozen

try:
    import jwt
except ImportError:  # it comes with the extra ``auth``
    jwt = None  # type: ignore[assignment]
__all__ = ["ASYMMETRIC", "MISTAKES", "KeySet", "SigningKey", "jwt", "public_key"]

logger = logging.getLogger("odata_service")

ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SMALLEST_RSA_KEY = 2_048  # bits (RFC 7518, Digital Signature with RSASSA-PKCS1-v1_5)
SECONDS_KEPT = 600.0
SECONDS_BETWEEN_READS = 30.0
SECONDS_OF_GRACE = 86_400.0
SECONDS_TO_ANSWER = 5.0
MOST_BYTES = 1_000_000
_LOCAL = ("localhost", "127.0.0.1", "::1")
_ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "Ed25519": ("EdDSA",),
    "Ed448": ("EdDSA",),
}
_PUBLIC_PARTS = {"kty", "crv", "n", "e", "x", "y"}
# What a token or key that was made to do harm may end in, besides what PyJWT says of it.
MISTAKES: tuple[type[Exception], ...] = (
    OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, NotImplementedError,
)  # fmt: skip
if jwt is not None:
    MISTAKES = (jwt.PyJWTError, *MISTAKES)


@frozen
class SigningKey:
    """A key, what it is called, and the algorithms that it is for."""

    kid: str | None
    algorithms: Sequence[str]
    key: Any  # (Any: of whatever class cryptography has for it, or a secret.)


@dataclass
class KeySet:
    """``read`` gives the document."""

    read: Callable[[], bytes]
    name: str
    version: int = 0  # grows when the keys have become others
    _keys: tuple[SigningKey, ...] = ()
    _read_at: float = -SECONDS_OF_GRACE
    _tried_at: float = -SECONDS_BETWEEN_READS
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def at(cls, place: str) -> KeySet:
        """An address (https, or on this computer), or a file. ::

        KeySet.at("https://login.example/.well-known/jwks.json")
        """
        if "://" not in place:
            return cls(lambda: Path(place).read_bytes(), place)
        _demand_safe(place)
        return cls(lambda: fetched(place), place)

    @property
    def is_readable(self) -> bool:
        """Whether there are keys; asked at start, where a file should be there."""
        return bool(list(signing_keys(self.read())))

    def current(self) -> int:
        """The version of the keys as they are now."""
        self._read_if(self._age > SECONDS_KEPT)
        return self.version

    def keys_for(self, algorithm: str, kid: object) -> Sequence[SigningKey]:
        """The keys that a token of an algorithm may be signed with; the one that it names, where it names one."""
        self.current()
        found = self._found(algorithm, kid)
        if not found:
            self._read_if(True)
            found = self._found(algorithm, kid)
        return found

    def _found(self, algorithm: str, kid: object) -> Sequence[SigningKey]:
        return [key for key in self._keys if algorithm in key.algorithms and (kid is None or key.kid == kid)]

    @property
    def _age(self) -> float:
        return time.monotonic() - self._read_at

    @property
    def _may_read(self) -> bool:
        return time.monotonic() - self._tried_at >= SECONDS_BETWEEN_READS

    def _read_if(self, wanted: bool) -> None:
        """One thread reads; those who have keys do not wait for it."""
        is_lost = self._age > SECONDS_OF_GRACE
        if wanted and self._may_read and self._lock.acquire(blocking=is_lost):
            try:
                if self._may_read:  # else another thread was faster
                    self._read()
            finally:
                self._lock.release()
        if self._age > SECONDS_OF_GRACE:
            raise ServiceUnavailable(
                "KeysUnavailable", "the keys by which tokens are checked cannot be read at present"
            )

    def _read(self) -> None:
        try:
            keys = tuple(signing_keys(self.read()))
        except MISTAKES as error:
            logger.warning("the keys of tokens cannot be read: %s: %s", self.name, error)
        else:
            self.version += keys != self._keys
            self._keys, self._read_at = keys, time.monotonic()
        self._tried_at = time.monotonic()


def signing_keys(document: bytes) -> Iterator[SigningKey]:
    """The public keys of a set that are there to sign; what else is in it is passed by."""
    for said in json.loads(document)["keys"]:
        algorithms = _algorithms(said)
        if algorithms and said.get("use", "sig") == "sig":
            key = _public(said, algorithms[0])
            if said["kty"] != "RSA" or key.key_size >= SMALLEST_RSA_KEY:
                yield SigningKey(said.get("kid"), algorithms, key)


def _algorithms(said: Mapping[str, Any]) -> Sequence[str]:
    """(Any: of JSON.) Those that go with its kind; the one alone that it is for, where it says so."""
    of_kind = _ALGORITHMS.get(said.get("crv", said.get("kty")), ())
    return [each for each in of_kind if said.get("alg", each) == each]


def _public(said: Mapping[str, Any], algorithm: str) -> Any:
    """The key itself, without what only the signer should have. (Any: of whatever class cryptography has for it.)"""
    return jwt.PyJWK({name: value for name, value in said.items() if name in _PUBLIC_PARTS}, algorithm).key


def public_key(algorithm: str, text: str) -> Any:
    """A key in PEM. (Any: of whatever class cryptography has for it.)"""
    try:
        key = jwt.get_algorithm_by_name(algorithm).prepare_key(text)
    except MISTAKES as error:
        raise ConfigurationError(f"the public key of {algorithm} tokens cannot be read: {error}") from error
    if hasattr(key, "private_bytes"):
        raise ConfigurationError(f"the public key of {algorithm} tokens is a private one")
    if algorithm[:2] in ("RS", "PS") and key.key_size < SMALLEST_RSA_KEY:
        raise ConfigurationError(f"the public key of {algorithm} tokens has less than {SMALLEST_RSA_KEY} bits")
    return key


def fetched(address: str) -> bytes:
    """The document at an address that was found safe; it does not lead elsewhere, and has an end."""
    opener = urllib.request.build_opener(_NoRedirect)
    request = urllib.request.Request(address, headers={"Accept": "application/jwk-set+json, application/json"})
    with opener.open(request, timeout=SECONDS_TO_ANSWER) as answer:
        document: bytes = answer.read(MOST_BYTES + 1)
    if len(document) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES} bytes")
    return document


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_request: object) -> NoReturn:
        raise urllib.error.URLError("it leads elsewhere")


def _demand_safe(address: str) -> None:
    """Who can change what comes from there can make tokens."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise ConfigurationError(f"keys of tokens come by https, or from this computer, not from {address}")
