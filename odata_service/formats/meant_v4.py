"""Requests that stand for another one: ``POST People/$query`` and ``GET $entity?$id=People(1)``."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote, urlsplit

from odata_service.errors import BadRequest, MethodNotAllowed, NotFound, UnsupportedMediaType
from odata_service.formats.read_json import media_type_of
from odata_service.links import option_name, taken_apart
from odata_service.message import ODataRequest

_QUERY = ("$query", "%24query")
_ENTITY = ("$entity", "%24entity")
_OPTIONS_AS_TEXT = ("", "text/plain", "application/x-www-form-urlencoded")


def meant(request: ODataRequest) -> ODataRequest:
    """The plain request that a client means."""
    segments = request.target.strip("/").split("/")
    if segments[-1] in _QUERY and len(segments) > 1:
        return _with_options_of_body(request, segments)
    if segments[0] in _ENTITY:
        return _entity(request, segments)
    return request


def _with_options_of_body(request: ODataRequest, segments: list[str]) -> ODataRequest:
    """URL Conventions, Passing Query Options in the Request Body: they are added to those of the URL."""
    if request.method != "POST":
        raise MethodNotAllowed(request.method, ("POST",))
    media_type, _ = media_type_of(request.headers.get("Content-Type"))
    if media_type.lower() not in _OPTIONS_AS_TEXT:
        message = f"query options in a body are text/plain, not {media_type[:80]}"
        raise UnsupportedMediaType("UnsupportedMediaType", message)
    try:
        options = request.body.decode("utf-8").strip().removeprefix("?")
    except UnicodeDecodeError:
        raise BadRequest("InvalidText", "query options in a body are UTF-8") from None
    query = "&".join(part for part in (request.query, options) if part)
    return replace(request, method="GET", target="/".join(segments[:-1]), query=query, body=b"")


def _entity(request: ODataRequest, segments: list[str]) -> ODataRequest:
    """URL Conventions, Resolving an Entity-Id: the entity that ``$id`` names, as a type that may stand in the path."""
    options = [option for option in request.query.split("&") if option]
    given = [option.partition("=")[2] for option in options if _is_id(option)]
    if len(given) != 1:
        raise BadRequest("BadReference", "$entity needs the address of one entity in $id", target="$id")
    path = below_root(unquote(given[0]), request.root)
    rest = [option for option in options if not _is_id(option)]
    return replace(request, target="/".join([path, *segments[1:]]), query="&".join(rest))


def _is_id(option: str) -> bool:
    return option_name(option, bare=True) == "id"


def below_root(address: str, root: str) -> str:
    """The path of an absolute address below the service root; a relative one is that already.

    >>> below_root("http://host/svc/People(1)", "http://host/svc/"), below_root("People(1)", "http://host/svc/")
    ('People(1)', 'People(1)')
    """
    split, base = taken_apart(address), urlsplit(root)
    if split.scheme and (split.netloc != base.netloc or not split.path.startswith(base.path)):
        raise NotFound("ResourceNotFound", f"{address[:200]!r} is not an entity of this service", target="$id")
    path = split.path if split.scheme else address.partition("?")[0]
    return path.removeprefix(base.path).lstrip("/")
