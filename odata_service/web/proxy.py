"""The address that clients know, where a proxy stands between: links are made of it.

Either the settings say it (``base_url``), or so many trusted proxies do, by ``X-Forwarded-…`` or by ``Forwarded`` (RFC 7239).
What such headers say is passed over as long as nobody is trusted: anybody may send them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.middleware.proxy_fix import ProxyFix

from odata_service.config import ConfigurationError, Settings
from odata_service.web.wsgi import Application, Layer

X_FORWARDED = ("for", "proto", "host", "port", "prefix")
FORWARDED = "forwarded"
USUAL_PORTS = {"http": ":80", "https": ":443"}
_PAIR = re.compile(r"""\s*([\w!#$%&'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[^\s",;]*)\s*(;|,|$)""")


def behind(settings: Settings) -> Iterator[Layer]:
    """What makes a request look as it did to the first of the proxies."""
    if settings.base_url:
        yield partial(_with_address, _address(settings.base_url))
    if settings.trusted_proxies:
        yield partial(_with_forwarded, settings.trusted_proxies, _trusted(settings))


def _trusted(settings: Settings) -> tuple[str, ...]:
    said = settings.trusted_headers
    unknown = set(said) - {*X_FORWARDED, FORWARDED}
    if unknown:
        known = ", ".join((*X_FORWARDED, FORWARDED))
        raise ConfigurationError(f"trusted_headers: there is no {unknown.pop()!r}; there are {known}")
    return said


def _address(text: str) -> SplitResult:
    """
    >>> _address("https://api.example.com/odata/").path, _address("/odata").netloc
    ('/odata', '')
    """
    said = urlsplit(text)
    whole = said.scheme in USUAL_PORTS and said.netloc
    only_path = not said.scheme and not said.netloc and said.path.startswith("/")
    if not (whole or only_path) or said.query or said.fragment or "@" in said.netloc:
        raise ConfigurationError(
            f"base_url is an address as https://api.example.com/odata, or only its path, not {text!r}"
        )
    return said._replace(path=said.path.rstrip("/"))


def _with_address(address: SplitResult, app: Application) -> Application:
    """The path is taken off where the proxy has left it on."""
    path = unquote_to_bytes(address.path).decode("latin-1")  # as WSGI wants it
    named = {"wsgi.url_scheme": address.scheme, "HTTP_HOST": address.netloc} if address.netloc else {}

    def with_address(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ.update(named, SCRIPT_NAME=path)
        asked = environ["PATH_INFO"]
        if path and (asked == path or asked.startswith(f"{path}/")):
            environ["PATH_INFO"] = asked[len(path) :] or "/"
        return app(environ, start_response)

    return with_address


def _with_forwarded(count: int, trusted: tuple[str, ...], app: Application) -> Application:
    """Of each header the value that the first of the trusted proxies has added."""

    def with_usual_host(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        environ["HTTP_HOST"] = host.removesuffix(USUAL_PORTS.get(environ["wsgi.url_scheme"], "\0"))
        return app(environ, start_response)

    fixed = ProxyFix(with_usual_host, **{f"x_{name}": count * (name in trusted) for name in X_FORWARDED})
    if FORWARDED not in trusted:
        return fixed

    def with_forwarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        elements = list(_elements(environ.get("HTTP_FORWARDED", "")))
        if len(elements) >= count:
            environ.update(_environ_of(elements[-count]))
        return fixed(environ, start_response)

    return with_forwarded


def _elements(header: str) -> Iterator[dict[str, str]]:
    """
    >>> list(_elements('for="[2001:db8::1]:4711";proto=https, FOR=10.0.0.1;host="a\\\\b"'))
    [{'for': '[2001:db8::1]:4711', 'proto': 'https'}, {'for': '10.0.0.1', 'host': 'ab'}]
    >>> list(_elements("for=1.2.3.4; proto"))
    []
    """
    elements: list[dict[str, str]] = [{}]
    at = 0
    while at < len(header):
        pair = _PAIR.match(header, at)
        if pair is None:
            return  # a header that is none says nothing
        value = pair[2]
        elements[-1][pair[1].lower()] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        if pair[3] == ",":
            elements.append({})
        at = pair.end()
    yield from elements


def _environ_of(element: dict[str, str]) -> dict[str, str]:
    """
    >>> _environ_of({"for": "[2001:db8::1]:4711", "proto": "HTTPS", "host": "api.example.com"})
    {'REMOTE_ADDR': '2001:db8::1', 'wsgi.url_scheme': 'https', 'HTTP_HOST': 'api.example.com'}
    >>> _environ_of({"for": "10.0.0.1:80", "proto": "javascript"}), _environ_of({"for": "_hidden"})
    ({'REMOTE_ADDR': '10.0.0.1'}, {'REMOTE_ADDR': '_hidden'})
    """
    found = {}
    if node := element.get("for"):
        found["REMOTE_ADDR"] = node[1:].partition("]")[0] if node.startswith("[") else node.partition(":")[0]
    if (scheme := element.get("proto", "").lower()) in USUAL_PORTS:
        found["wsgi.url_scheme"] = scheme
    if host := element.get("host"):
        found["HTTP_HOST"] = host
    return found
