"""Who asks, by the signed token of a request: ``Authorization: Bearer …`` (RFC 6750, RFC 7519). ::

    who = Bearer({"RS256": public_key}, audience="orders")
    app.register_blueprint(service.blueprint("v4", principal=who), url_prefix="/v4")

Each algorithm has its own key, and a token is checked by the key of the algorithm that it names: one that names another,
or ``none``, is nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from flask import Request

from odata_service.config import ConfigurationError, Settings
from odata_service.errors import Unauthorized
from odata_service.message import Principal, User

try:
    import jwt
except ImportError:  # it comes with the extra ``auth``
    jwt = None  # type: ignore[assignment]

ALGORITHMS = ("HS256", "RS256")
SHORTEST_SECRET = 32  # bytes: as many as the hash has (RFC 7518, HMAC with SHA-2 Functions)
CLOCKS_MAY_DIFFER = 30  # seconds


@dataclass(frozen=True)
class Bearer:
    """Gives the caller whom a token names in its claim ``sub``, with the roles of the claim ``roles``; 401 for a request
    without a token, or with one that is expired, for others, or not signed by who may sign. ``keys`` are by algorithm: for
    HS256 the secret, for RS256 the public key in PEM."""

    keys: Mapping[str, str]
    audience: str | None = None
    issuer: str | None = None
    roles_claim: str = "roles"

    def __post_init__(self) -> None:
        if jwt is None:
            raise ConfigurationError("tokens need PyJWT; pip install 'odata-service[auth]' brings it")
        unknown = set(self.keys) - set(ALGORITHMS)
        if unknown or not self.keys:
            raise ConfigurationError(f"tokens are signed with {' or '.join(ALGORITHMS)}, not with {sorted(unknown)}")
        if len(self.keys.get("HS256", "x" * SHORTEST_SECRET).encode()) < SHORTEST_SECRET:
            raise ConfigurationError(f"the secret of HS256 tokens needs {SHORTEST_SECRET} bytes at least")
        if "RS256" in self.keys:
            _demand_public_key(self.keys["RS256"])

    def __call__(self, request: Request) -> Principal:
        scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer" or not token:
            message = "the request needs a token: Authorization: Bearer …"
            raise Unauthorized("TokenMissing", message, challenge="Bearer")
        claims = self._claims(token.strip())
        name, roles = claims["sub"], claims.get(self.roles_claim, ())
        if not isinstance(name, str) or not name:
            _refuse("it does not say whose it is")
        return User(name, _roles(roles))

    def _claims(self, token: str) -> Mapping[str, Any]:
        """(Any: a claim may be anything.)"""
        try:
            algorithm = str(jwt.get_unverified_header(token).get("alg"))
            if algorithm not in self.keys:
                _refuse("it is not signed as it should be")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                self.keys[algorithm],
                algorithms=[algorithm],
                audience=self.audience,
                issuer=self.issuer,
                leeway=CLOCKS_MAY_DIFFER,
                options={"require": ["exp", "sub"], "verify_aud": self.audience is not None},
            )
        except jwt.ExpiredSignatureError:
            _refuse("it has expired")
        except jwt.InvalidAudienceError:
            _refuse("it is for another audience")
        except jwt.InvalidTokenError:
            _refuse("it cannot be trusted")
        return claims


def _refuse(why: str) -> NoReturn:
    challenge = f'Bearer error="invalid_token", error_description="{why}"'
    raise Unauthorized("TokenInvalid", f"the token is not good: {why}", challenge=challenge)


def _roles(said: object) -> frozenset[str]:
    """A list, or one text with blanks as OAuth has its scopes.

    >>> sorted(_roles("clerk admin")), sorted(_roles(["clerk", 5])), sorted(_roles(None))
    (['admin', 'clerk'], ['clerk'], [])
    """
    if isinstance(said, str):
        return frozenset(said.split())
    return frozenset(each for each in said if isinstance(each, str)) if isinstance(said, Sequence) else frozenset()


def _demand_public_key(text: str) -> None:
    try:
        jwt.get_algorithm_by_name("RS256").prepare_key(text)
    except (jwt.InvalidKeyError, ValueError, TypeError, NotImplementedError) as error:
        raise ConfigurationError(f"the public key of RS256 tokens cannot be read: {error}") from error


def bearer_of(settings: Settings) -> Bearer | None:
    """The check that the settings ask for; ``None`` where authentication is off."""
    keys = {"HS256": settings.auth_secret, "RS256": _pem(settings.auth_public_key)}
    given = {algorithm: key for algorithm, key in keys.items() if key}
    if not given:
        if settings.auth_audience or settings.auth_issuer:
            raise ConfigurationError("tokens have an audience or issuer, but no key to check them with")
        return None
    return Bearer(given, settings.auth_audience or None, settings.auth_issuer or None, settings.auth_roles_claim)


def _pem(said: str) -> str:
    """The key itself, or the file that it is in."""
    if not said or said.lstrip().startswith("-----BEGIN"):
        return said
    try:
        return Path(said).read_text()
    except OSError as error:
        raise ConfigurationError(f"the public key of RS256 tokens cannot be read: {error.strerror}: {said}") from error
