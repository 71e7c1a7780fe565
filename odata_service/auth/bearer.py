"""Who asks, by the signed token of a request: ``Authorization: Bearer …`` (RFC 6750, RFC 7519, RFC 8725). ::

    who = Authentication((Bearer({"RS256": public_key}, audience="orders"),))
    who = Authentication((Bearer(key_set=KeySet.at("https://login.example/keys"), audience="orders"),))

The service says which algorithms a key is for, and a token only which of the keys: one that names another algorithm, or
``none``, is nobody's. What else its header says (``jku``, ``jwk``, ``x5u``) is not looked at.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from odata_service.auth.key_set import ASYMMETRIC, MISTAKES, KeySet, SigningKey, jwt, public_key
from odata_service.auth.scheme import Asking, NotBelieved, authorized_by
from odata_service.config import ConfigurationError
from odata_service.message import ANONYMOUS, Principal, User, claim_at

SHORTEST_SECRET = 32  # bytes: as many as the hash has (RFC 7518, HMAC with SHA-2 Functions)
LEEWAY = 30  # seconds by which clocks may differ
MOST_KNOWN = 1_024
Claims = Mapping[str, Any]  # (Any: a claim may be anything.)


@dataclass(frozen=True)
class Bearer:
    """Gives the caller whom a token names in its claim ``sub``, with the roles at ``roles_claim``; refuses one that is
    expired, not valid yet, for others, or not signed by who may sign. ``keys`` are by algorithm: for HS256 the secret, else
    the public key in PEM; ``key_set`` has the keys of an issuer who changes them."""

    keys: Mapping[str, str] = field(default_factory=dict)
    audience: str | None = None
    issuer: str | None = None
    roles_claim: str = "roles"
    leeway: int = LEEWAY
    key_set: KeySet | None = None
    realm: str = "odata"
    _known: dict[bytes, tuple[Claims, float, int]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if jwt is None:
            raise ConfigurationError("tokens need PyJWT; pip install 'odata-service[auth]' brings it")
        algorithms = ("HS256", *ASYMMETRIC)
        unknown = set(self.keys) - set(algorithms)
        if unknown or not (self.keys or self.key_set):
            raise ConfigurationError(f"tokens are signed with {', '.join(algorithms)}, not with {sorted(unknown)}")
        if len(self.keys.get("HS256", "x" * SHORTEST_SECRET).encode()) < SHORTEST_SECRET:
            raise ConfigurationError(f"the secret of HS256 tokens needs {SHORTEST_SECRET} bytes at least")
        for algorithm in set(self.keys) - {"HS256"}:
            public_key(algorithm, self.keys[algorithm])

    @property
    def challenge(self) -> str:
        return f'Bearer realm="{self.realm}"'

    def credentials(self, asking: Asking) -> str | None:
        return authorized_by("bearer", asking)

    def caller(self, credentials: str, asking: Asking) -> Principal:
        if not credentials:
            raise NotBelieved("CredentialsMissing", "the request needs a token: Authorization: Bearer …")
        claims = self._claims(credentials)
        name = claims["sub"]
        if not isinstance(name, str) or not name or name == ANONYMOUS.name:
            _refuse("it does not say whose it is")
        return User(name, roles_of(claim_at(claims, self.roles_claim)), claims=claims, until=self._until(claims))

    def _claims(self, token: str) -> Claims:
        """What was found true a short while ago is not calculated again, as long as it holds and the keys are the same."""
        mark, current = hashlib.sha256(token.encode(errors="surrogateescape")).digest(), self._version
        claims, until, version = self._known.get(mark, ({}, 0.0, -1))
        if version == current and time.time() < until:
            return claims
        claims = self._checked(token)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[mark] = claims, self._until(claims), current
        return claims

    def _until(self, claims: Claims) -> float:
        return float(claims["exp"]) + self.leeway

    @property
    def _version(self) -> int:
        return 0 if self.key_set is None else self.key_set.current()

    def _checked(self, token: str) -> Claims:
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if "crit" in header:
                _refuse("it has a header that is not understood")
            for key in self._keys_for(str(algorithm), header.get("kid")):
                try:
                    return self._decoded(token, key, str(algorithm))
                except jwt.InvalidSignatureError:
                    continue
        except jwt.ExpiredSignatureError:
            _refuse("it has expired")
        except jwt.ImmatureSignatureError:
            _refuse("it is not valid yet")
        except jwt.InvalidAudienceError:
            _refuse("it is for another audience")
        except MISTAKES:
            _refuse("it cannot be trusted")
        _refuse("it is not signed as it should be")

    def _keys_for(self, algorithm: str, kid: object) -> Sequence[SigningKey]:
        """Ours by their algorithm; of a key set those that are for it, and the one alone that the token names, if it does."""
        own = [SigningKey(None, [algorithm], self.keys[algorithm])] if algorithm in self.keys else []
        return (
            own
            if self.key_set is None or algorithm not in ASYMMETRIC
            else [*own, *self.key_set.keys_for(algorithm, kid)]
        )

    def _decoded(self, token: str, key: SigningKey, algorithm: str) -> Claims:
        claims: Claims = jwt.decode(
            token,
            key.key,
            algorithms=[algorithm],
            audience=self.audience,
            issuer=self.issuer,
            leeway=self.leeway,
            options={"require": ["exp", "sub"], "verify_aud": self.audience is not None},
        )
        return claims


def _refuse(why: str) -> NoReturn:
    parameters = f'error="invalid_token", error_description="{why}"'
    raise NotBelieved("TokenInvalid", f"the token is not good: {why}", parameters)


def roles_of(said: object) -> frozenset[str]:
    """A list, or one text with blanks as OAuth has its scopes.

    >>> sorted(roles_of("clerk admin")), sorted(roles_of(["clerk", 5])), sorted(roles_of(None))
    (['admin', 'clerk'], ['clerk'], [])
    """
    if isinstance(said, str):
        return frozenset(said.split())
    return frozenset(each for each in said if isinstance(each, str)) if isinstance(said, Sequence) else frozenset()
