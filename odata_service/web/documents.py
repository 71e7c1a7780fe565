"""What other programs read to connect: ``/openapi.json``, and files for Excel and Power BI. ::

/-/connect/People.odc      Excel: a data feed (V2)
/-/connect/People.pbids    Power BI: an OData source (V4)
"""

from __future__ import annotations

import json
import re
from functools import partial
from html import escape
from wsgiref.types import WSGIEnvironment

import werkzeug
from flask import Blueprint, Flask, Response, abort, request

_NAME = re.compile(r"[^\W\d]\w{0,127}")
_OFFICE = "urn:schemas-microsoft-com:office"
LARGEST = 4 << 40  # bytes of an answer: no limit, as far as Excel is concerned
OPENAPI_QUERY = "$format=openapi"


def openapi(app: Flask, v4: str) -> werkzeug.Response:
    """``$metadata`` of the service at ``v4``, as the caller sees it, in the form of OpenAPI."""
    return werkzeug.Response.from_app(
        partial(Flask.wsgi_app, app), _asking(request.environ, f"{v4}/$metadata", OPENAPI_QUERY)
    )


def _asking(environ: WSGIEnvironment, path: str, query: str) -> WSGIEnvironment:
    raw = f"{environ.get('SCRIPT_NAME', '')}{path}?{query}"
    return {**environ, "PATH_INFO": path, "QUERY_STRING": query, "RAW_URI": raw, "REQUEST_URI": raw}


def connections(v2: str | None, v4: str | None) -> Blueprint:
    """Files that open a set in another program. They are made for whatever name is asked for: which sets there are, only the service
    itself says, to those who may know."""
    routes = Blueprint("connections", __name__)

    if v2 is not None:

        @routes.get("/<name>.odc")
        def excel(name: str) -> Response:
            return _download(_odc(_root(v2), _checked(name)), "text/x-ms-odc; charset=utf-8", f"{name}.odc")

    if v4 is not None:

        @routes.get("/<name>.pbids")
        def power_bi(name: str) -> Response:
            return _download(_pbids(_root(v4), _checked(name)), "application/json", f"{name}.pbids")

    return routes


def _checked(name: str) -> str:
    return name if _NAME.fullmatch(name) else abort(404)


def _root(prefix: str) -> str:
    return f"{request.url_root.rstrip('/')}{prefix}/"


def _download(content: str, media_type: str, name: str) -> Response:
    response = Response(content, content_type=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _odc(root: str, entity_set: str) -> str:
    """An Office Data Connection: a page of HTML with the connection in an island of XML, with what Excel itself writes there for a feed."""
    said = {
        "Data Source": root,
        "Namespaces to Include": "*",
        "Max Received Message Size": LARGEST,
        "Integrated Security": "Basic",  # a name and a password, where somebody is asked; not who is signed in to Windows
        "Persist Security Info": "false",
        "Service Document Url": root,
    }
    source = ";".join(f"{name}={value}" for name, value in said.items())
    return (
        f'<html xmlns:o="{_OFFICE}:office" xmlns="http://www.w3.org/TR/REC-html40">\n<head>\n'
        '<meta http-equiv=Content-Type content="text/x-ms-odc; charset=utf-8">\n'
        "<meta name=ProgId content=ODC.Table>\n<meta name=SourceType content=DATAFEED>\n"
        f"<title>{escape(entity_set)}</title>\n"
        f'<xml id=msodc><odc:OfficeDataConnection xmlns:odc="{_OFFICE}:odc" xmlns="http://www.w3.org/TR/REC-html40">\n'
        f'<odc:Connection odc:Type="DATAFEED">\n<odc:ConnectionString>{escape(source)}</odc:ConnectionString>\n'
        f"<odc:CommandType>Table</odc:CommandType>\n<odc:CommandText>{escape(entity_set)}</odc:CommandText>\n"
        "</odc:Connection>\n</odc:OfficeDataConnection></xml>\n</head>\n</html>\n"
    )


def _pbids(root: str, entity_set: str) -> str:
    details = {"protocol": "odata", "address": {"url": f"{root}{entity_set}"}}
    return json.dumps(
        {"version": "0.1", "connections": [{"details": details, "options": {}, "mode": "Import"}]}, indent=2
    )
