"""Settings that are each well and together unsafe, one row each; ``odata-service check`` prints them."""

from __future__ import annotations

import ipaddress
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from odata_service.config import Settings
from odata_service.settings_file import EVERYBODY
from odata_service.values import frozen

SHORTEST = 16  # characters of a secret that is not drawn by lot
CHEAPEST_SCRYPT = 14  # the logarithm of its cost
_KNOWN = frozenset(
    "secret change me changeme change-me password odata odata-service example test 1234567890123456".split()
)
_READING = {"none", "read", "read_single", "read_multiple"}
_SCRYPT = re.compile(r"\$scrypt\$ln=(\d+),")


@frozen
class Rule:
    """What is said of settings that are so."""

    says: str
    holds: Callable[[Settings], bool]


def findings(settings: Settings) -> Iterator[str]:
    """One line each.

    >>> list(findings(Settings()))
    []
    >>> next(findings(Settings(host="0.0.0.0")))
    'anybody who reaches 0.0.0.0:8000 may change what is there: [users], [keys] or auth_… say who asks, and rights who may'
    """
    for rule in RULES:
        if rule.holds(settings):
            yield rule.says.format(s=settings, file=settings.config)
    yield from _cheap_passwords(settings)
    yield from _roles_of_nothing(settings)


def is_reachable(settings: Settings) -> bool:
    """Whether others than this computer ask: by its address, or through a proxy."""
    return not (
        _is_local(settings.host)
        and _is_local(urlsplit(settings.base_url).hostname or "")
        and not settings.trusted_proxies
    )


def _is_local(host: str) -> bool:
    """
    >>> [_is_local(host) for host in ("127.0.0.1", "::1", "localhost", "", "0.0.0.0", "::", "api.example.com")]
    [True, True, True, True, False, False, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("", "localhost")


def has_tls(settings: Settings) -> bool:
    """Whether a proxy with it stands before the service, as far as it is said."""
    return settings.base_url.startswith("https://") or settings.trusted_proxies > 0


def has_tokens(settings: Settings) -> bool:
    return bool(settings.auth_secret or settings.auth_public_key or settings.auth_jwks)


def knows_callers(settings: Settings) -> bool:
    return bool(settings.users or settings.keys or has_tokens(settings))


def lets_anybody_in(settings: Settings) -> bool:
    return settings.auth_anonymous or not knows_callers(settings)


def anybody_may_change(settings: Settings) -> bool:
    """Samples are open to everybody, and so is a database that is writable, until rights are given."""
    if not lets_anybody_in(settings):
        return False
    usual = settings.rights or {EVERYBODY: ("all",)}
    said = [usual, *(table.rights for table in settings.tables.values() if table.rights)]
    writable = settings.writable or bool(settings.sample_name)
    return writable and any(set(each.get(EVERYBODY, ())) - _READING for each in said)


def _is_weak(secret: str) -> bool:
    return bool(secret) and (len(secret) < SHORTEST or secret.lower() in _KNOWN or len(set(secret)) < 6)


def _has_secrets(settings: Settings) -> bool:
    said = ("secret", "auth_secret", "metrics_token", "users", "keys", "database_url", "guesses_url")
    of_file = [name for name in said if settings.sources.get(name) == settings.config and getattr(settings, name)]
    return any(name not in ("database_url", "guesses_url") or "@" in getattr(settings, name) for name in of_file)


def _others_may_read(file: str) -> bool:
    try:
        return bool(Path(file).stat().st_mode & (stat.S_IROTH | stat.S_IWOTH))
    except OSError:
        return False


RULES = (
    Rule(
        "anybody who reaches {s.host}:{s.port} may change what is there: [users], [keys] or auth_… say who asks, and rights who may",
        lambda s: is_reachable(s) and anybody_may_change(s),
    ),
    Rule(
        "any page in a browser of this computer may change what is there: cors_origins is *, and nobody is asked who he is",
        lambda s: "*" in s.cors_origins and anybody_may_change(s) and not is_reachable(s),
    ),
    Rule(
        "any page there is may ask a service on a private network: cors_private_network with cors_origins *",
        lambda s: "*" in s.cors_origins and s.cors_private_network,
    ),
    Rule(
        "cors_credentials with cors_origins * would let any page ask with what its reader's browser knows",
        lambda s: "*" in s.cors_origins and s.cors_credentials,
    ),
    Rule(
        "passwords, keys and tokens cross the network as they are: put a proxy with TLS before the service, and say so with "
        "base_url = \"https://…\" and trusted_proxies",
        lambda s: knows_callers(s) and is_reachable(s) and not has_tls(s),
    ),
    Rule(
        "all guesses seem to come from the proxy, so that one who guesses makes everybody wait: trusted_proxies says how many there are",
        lambda s: bool(s.users or s.keys) and s.base_url.startswith("https://") and not s.trusted_proxies,
    ),
    Rule(
        "passwords may be guessed as often as anybody wants: guesses_per_account and guesses_per_address are 0",
        lambda s: bool(s.users) and not s.guesses_per_account and not s.guesses_per_address,
    ),
    Rule(
        "secret is not set, so that it follows from the database's URL: who knows or guesses that can make the links of the service",
        lambda s: is_reachable(s) and not s.secret,
    ),
    Rule("secret is short or well known; python -c 'import secrets; print(secrets.token_hex())' draws one", lambda s: _is_weak(s.secret)),
    Rule(
        "auth_secret is short or well known, so that tokens can be made by who tries; it needs 32 bytes that are drawn by lot",
        lambda s: bool(s.auth_secret) and (len(s.auth_secret.encode()) < 32 or _is_weak(s.auth_secret)),
    ),
    Rule("metrics_token is short or well known", lambda s: _is_weak(s.metrics_token)),
    Rule("anybody who reaches the service may read /-/metrics: metrics_token", lambda s: is_reachable(s) and s.metrics and not s.metrics_token),
    Rule("tokens that were made for other services are believed: auth_audience", lambda s: has_tokens(s) and not s.auth_audience),
    Rule(
        "tokens are believed whoever they say has made them: auth_issuer",
        lambda s: bool(s.auth_public_key or s.auth_jwks) and not s.auth_issuer,
    ),
    Rule("columns that look like secrets are published, all of them: expose", lambda s: "*" in s.expose and is_reachable(s)),
    Rule("everybody may see the SQL of a read and the tables behind it: explain is *", lambda s: "*" in s.explain and is_reachable(s)),
    Rule("reload is for who writes the code, not for others to ask", lambda s: s.reload and is_reachable(s)),
    Rule("{file} has secrets, and every user of this computer may read it: chmod 600", lambda s: _has_secrets(s) and _others_may_read(s.config)),
)  # fmt: skip


def _cheap_passwords(settings: Settings) -> Iterator[str]:
    """Those that are soon tried through, and costs that differ: time tells names then."""
    costs = {name: said.password.rpartition("$")[0].rpartition("$")[0] for name, said in settings.users.items()}
    for name, cost in costs.items():
        match = _SCRYPT.match(cost + ",")
        if match is not None and int(match[1]) < CHEAPEST_SCRYPT:
            yield f"users.{name}: its hash is cheap to try passwords with; odata-service hash-password makes a dear one"
    if len(set(costs.values())) > 1:
        yield "users: some hashes take longer to check than others, and time tells which names there are; make all of them anew"


def _roles_of_nothing(settings: Settings) -> Iterator[str]:
    """A role that is misspelled opens nothing, and is easily missed."""
    tables = settings.tables.values()
    said = {role for table in tables for each in (table.rights, table.rows, *table.columns.values()) for role in each}
    known = {*settings.rights, *said, *settings.explain}
    for section, callers in (("users", settings.users), ("keys", settings.keys)):
        for name, caller in callers.items():
            for role in caller.roles:
                if role not in known:
                    yield f"{section}.{name}: nothing is said of the role {role}"
