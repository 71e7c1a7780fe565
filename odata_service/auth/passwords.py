"""Passwords as they are kept: ``$scrypt$ln=15,r=8,p=3$<salt>$<hash>``, or what argon2-cffi writes (``$argon2id$…``)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from types import ModuleType

from odata_service.config import ConfigurationError
from odata_service.values import mutable

MOST_BYTES = 1_024  # of a password
SECONDS_KNOWN = 300.0
MOST_KNOWN = 1_024
_COST = (15, 8, 3)  # 32 MB and about a quarter of a second: OWASP, Password Storage Cheat Sheet
_SCRYPT = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)")
_SALT_BYTES, _HASH_BYTES = 16, 32
_one_at_a_time = threading.Lock()  # in a process: who guesses shall not have its memory as well
Verify = Callable[[bytes], bool]


def hash_password(password: str, *, with_argon2: bool = False, cost: tuple[int, int, int] = _COST) -> str:
    """What stands in the settings instead of a password; another one each time.

    >>> verifier(hash_password("open sesame", cost=(4, 8, 1)))(b"open sesame")
    True
    """
    if with_argon2:
        return str(_argon2().PasswordHasher().hash(password))
    salt = secrets.token_bytes(_SALT_BYTES)
    ln, r, p = cost
    return f"$scrypt$ln={ln},r={r},p={p}${_text(salt)}${_text(_scrypt(password.encode(), salt, cost, _HASH_BYTES))}"


def verifier(hashed: str) -> Verify:
    """The check of a kept password, which takes as long whether it is right or wrong."""
    if hashed.startswith("$argon2"):
        return _argon2_verifier(hashed)
    match = _SCRYPT.fullmatch(hashed)
    cost = (int(match[1]), int(match[2]), int(match[3])) if match else (0, 0, 0)
    if match is None or not (1 <= cost[0] <= 20 and 1 <= cost[1] <= 32 and 1 <= cost[2] <= 16):
        raise ConfigurationError(
            "a password is kept as 'odata-service hash-password' writes it: $scrypt$ln=15,r=8,p=3$…"
        )
    salt, known = _bytes(match[4]), _bytes(match[5])

    def verify(password: bytes) -> bool:
        return hmac.compare_digest(_scrypt(password, salt, cost, len(known)), known)

    return verify


def _scrypt(password: bytes, salt: bytes, cost: tuple[int, int, int], size: int) -> bytes:
    ln, r, p = cost
    memory = 128 * r * ((1 << ln) + p + 2)
    with _one_at_a_time:
        return hashlib.scrypt(password, salt=salt, n=1 << ln, r=r, p=p, maxmem=memory + (1 << 20), dklen=size)


def _argon2_verifier(hashed: str) -> Verify:
    module = _argon2()
    try:
        module.extract_parameters(hashed)
    except module.exceptions.InvalidHashError as error:
        raise ConfigurationError("a password that begins with $argon2 is no hash of argon2") from error
    hasher = module.PasswordHasher()

    def verify(password: bytes) -> bool:
        try:
            with _one_at_a_time:
                return bool(hasher.verify(hashed, password))
        except module.exceptions.VerificationError:
            return False

    return verify


def _argon2() -> ModuleType:
    try:
        import argon2  # few have it
    except ImportError:
        raise ConfigurationError("this needs argon2-cffi; pip install 'odata-service[argon2]' brings it") from None
    return argon2


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise ConfigurationError("a kept password is cut short") from error


@mutable
class Passwords:
    """Those of all accounts. Who has no account is checked against one that nobody has, so that time does not tell of him.

    What was right is known for some minutes, under a key that only this process has: clients send a password with each
    request, and a check is made to be slow.
    """

    hashes: Mapping[str, str]
    _verifiers: dict[str, Verify] = field(init=False)
    _decoy: Verify = field(init=False)
    _known: dict[bytes, float] = field(default_factory=dict)
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def __post_init__(self) -> None:
        self._verifiers = {name: verifier(hashed) for name, hashed in self.hashes.items()}
        self._decoy = next(iter(self._verifiers.values()), verifier(hash_password(secrets.token_hex())))

    def knows(self, name: str, password: bytes) -> bool:
        """Whether it was found right a short while ago."""
        until = self._known.get(self._mark(name, password))
        return until is not None and time.monotonic() < until

    def are_right(self, name: str, password: bytes) -> bool:
        right = self._verifiers.get(name, self._decoy)(password) and name in self._verifiers
        if right:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[self._mark(name, password)] = time.monotonic() + SECONDS_KNOWN
        return right

    def _mark(self, name: str, password: bytes) -> bytes:
        said = name.encode()
        return hmac.digest(self._secret, b"%d:%b%b" % (len(said), said, password), "sha256")
