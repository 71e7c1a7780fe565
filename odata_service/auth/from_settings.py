"""Settings → who may say who asks, and how; every mistake is one line for the person who starts the service."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Engine

from odata_service.auth.accounts import Account
from odata_service.auth.authentication import Authentication
from odata_service.auth.basic import Basic
from odata_service.auth.bearer import Bearer
from odata_service.auth.guesses import Guesses, of_this_machine
from odata_service.auth.key_set import MISTAKES, KeySet, public_key
from odata_service.auth.keys import ApiKeys
from odata_service.auth.scheme import Scheme
from odata_service.config import ConfigurationError, KeySettings, Settings, UserSettings
from odata_service.database import open_engine
from odata_service.message import ANONYMOUS

_OF_A_PUBLIC_KEY = ("RS256", "ES256", "EdDSA")


def authentication_of(settings: Settings, engine: Engine) -> Authentication | None:
    """What the settings ask for; ``None`` where nothing is said of callers, so that everybody is anonymous."""
    _demand_names(settings)
    guesses = _guesses(settings, engine) if settings.users or settings.keys else None
    schemes: list[Scheme] = []
    if settings.users:
        schemes.append(
            Basic(
                {name: _account(said, said.password, f"users.{name}") for name, said in settings.users.items()}, guesses
            )
        )
    if settings.keys:
        keys = {name: _account(said, said.key, f"keys.{name}") for name, said in settings.keys.items()}
        schemes.append(ApiKeys(keys, guesses, settings.auth_key_header))
    bearer = _bearer(settings)
    if bearer is not None:
        schemes.append(bearer)
    if not schemes and settings.auth_anonymous:
        raise ConfigurationError(
            "auth_anonymous lets in who says nothing; without users, keys or tokens nobody says anything"
        )
    return Authentication(tuple(schemes), settings.auth_anonymous) if schemes else None


def _demand_names(settings: Settings) -> None:
    """A name is one caller, whatever he shows."""
    twice = next(iter(set(settings.users) & set(settings.keys)), None)
    if twice is not None:
        raise ConfigurationError(f"{twice} is a user and a program: one name, two callers")
    bad = next(
        (name for name in (*settings.users, *settings.keys) if ":" in name or name in ("", ANONYMOUS.name)), None
    )
    if bad is not None:
        raise ConfigurationError(
            f"{bad!r} is no name for a caller: it has a colon, is empty, or is that of who has none"
        )


def _account(said: UserSettings | KeySettings, hashed: str, at: str) -> Account:
    if not hashed:
        raise ConfigurationError(f"{at} has no password or key; odata-service hash-password and new-key make them")
    return Account(hashed, frozenset(said.roles), said.claims)


def _guesses(settings: Settings, engine: Engine) -> Guesses:
    """In the database that is served, where that may be written; who publishes somebody else's database leaves it alone."""
    if settings.guesses_url:
        engine = open_engine(settings.guesses_url)
    elif not (settings.sample_name or settings.writable):
        engine = of_this_machine(engine.url.render_as_string(hide_password=False))
    return Guesses(engine, settings.guesses_per_account, settings.guesses_per_address, settings.guesses_seconds)


def _bearer(settings: Settings) -> Bearer | None:
    keys = {"HS256": settings.auth_secret} if settings.auth_secret else {}
    keys |= _public(_pem(settings.auth_public_key)) if settings.auth_public_key else {}
    key_set = _key_set(settings.auth_jwks) if settings.auth_jwks else None
    if keys or key_set:
        return Bearer(
            keys,
            audience=settings.auth_audience or None,
            issuer=settings.auth_issuer or None,
            roles_claim=settings.auth_roles_claim,
            leeway=settings.auth_leeway,
            key_set=key_set,
        )
    if settings.auth_audience or settings.auth_issuer:
        raise ConfigurationError("tokens have an audience or issuer, but no key to check them with")
    return None


def _public(pem: str) -> Mapping[str, str]:
    """By the first algorithm that such a key is for."""
    for algorithm in _OF_A_PUBLIC_KEY[1:]:
        try:
            public_key(algorithm, pem)
        except ConfigurationError:
            continue
        return {algorithm: pem}
    return {_OF_A_PUBLIC_KEY[0]: pem}


def _pem(said: str) -> str:
    """The key itself, or the file that it is in."""
    if said.lstrip().startswith("-----BEGIN"):
        return said
    try:
        return Path(said).read_text()
    except OSError as error:
        raise ConfigurationError(f"the public key of tokens cannot be read: {error.strerror}: {said}") from error


def _key_set(place: str) -> KeySet:
    """An address may be away when the service starts; a file is there."""
    keys = KeySet.at(place)
    if "://" not in place:
        try:
            readable = keys.is_readable
        except MISTAKES as error:
            raise ConfigurationError(f"the keys of tokens cannot be read: {place}: {error}") from error
        if not readable:
            raise ConfigurationError(f"the keys of tokens cannot be read: {place} has none that signs")
    return keys
