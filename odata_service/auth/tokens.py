"""Settings → the tokens that are believed. Apart from the other settings, so that only who has tokens loads cryptography."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from odata_service.auth.bearer import Bearer
from odata_service.auth.key_set import MISTAKES, KeySet, public_key
from odata_service.config import ConfigurationError, Settings

_OF_A_PUBLIC_KEY = ("RS256", "ES256", "EdDSA")


def bearer_of(settings: Settings) -> Bearer:
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
    raise ConfigurationError("tokens have an audience or issuer, but no key to check them with")


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
