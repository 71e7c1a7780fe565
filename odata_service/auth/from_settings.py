"""Settings → who may say who asks, and how; every mistake is one line for the person who starts the service."""

from __future__ import annotations

from sqlalchemy import Engine

from odata_service.auth.accounts import Account
from odata_service.auth.authentication import Authentication
from odata_service.auth.basic import Basic
from odata_service.auth.guesses import Guesses, of_this_machine
from odata_service.auth.keys import ApiKeys
from odata_service.auth.scheme import Scheme
from odata_service.config import ConfigurationError, KeySettings, Settings, UserSettings
from odata_service.database import open_engine
from odata_service.message import ANONYMOUS

_OF_TOKENS = ("auth_secret", "auth_public_key", "auth_jwks", "auth_audience", "auth_issuer")


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
    if any(getattr(settings, name) for name in _OF_TOKENS):
        from odata_service.auth.tokens import bearer_of  # cryptography is large, and seldom asked for

        schemes.append(bearer_of(settings))
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
