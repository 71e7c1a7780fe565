"""Who asks in these tests, and what they show."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask

from odata_service.auth.keys import hash_key
from odata_service.auth.passwords import hash_password
from odata_service.config import KeySettings, Settings, UserSettings
from odata_service.web.app import create_app

PASSWORD, KEY = "ein Schlüssel: süß", "odata_a-key-of-a-program"
CHEAP = (4, 8, 1)  # of scrypt, so that tests take no time
SECRET = "a secret that is as long as the hash, or longer"
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def pem(private: Any) -> str:
    """The public part of a key. (Any: of whatever kind.)"""
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return str(private.public_key().public_bytes(*form).decode())


PUBLIC = pem(PRIVATE)
KEYS: dict[str, Any] = {"HS256": SECRET, "RS256": PRIVATE, "ES256": CURVE}


def token(algorithm: str = "HS256", key: Any = None, headers: dict[str, Any] | None = None, **claims: Any) -> str:
    usual = {"sub": "ada", "aud": "people", "iss": "https://login.example", "exp": time.time() + 86_400}
    said = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode(said, KEYS[algorithm] if key is None else key, algorithm, headers)


def by_hand(header: dict[str, Any] | bytes, key: bytes, **claims: Any) -> str:
    """What a library would not make: any header, signed with any bytes."""
    payload = {"sub": "ada", "aud": "people", "iss": "https://login.example", "exp": time.time() + 86_400} | claims
    parts = [header if isinstance(header, bytes) else json.dumps(header).encode(), json.dumps(payload).encode()]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    return (text + b"." + base64.urlsafe_b64encode(hmac.digest(key, text, hashlib.sha256)).rstrip(b"=")).decode()


def basic(name: str, password: str | bytes) -> str:
    said = f"{name}:".encode() + (password.encode() if isinstance(password, str) else password)
    return f"Basic {base64.b64encode(said).decode()}"


def settings(folder: Path, **more: Any) -> Settings:
    """People, for a user, a program and whoever has a token."""
    usual: dict[str, Any] = {
        "sample": "people",
        "database_url": f"sqlite:///{folder}/people.db",
        "users": {"ada": UserSettings(hash_password(PASSWORD, cost=CHEAP), ("clerk",), {"region": "north"})},
        "keys": {"reporting": KeySettings(hash_key(KEY), ("reader",))},
        "auth_secret": SECRET,
        "auth_public_key": PUBLIC,
        "auth_audience": "people",
        "auth_issuer": "https://login.example",
    }
    return Settings(**(usual | more))


def app_of(folder: Path, **more: Any) -> Flask:
    return create_app(settings(folder, **more))
