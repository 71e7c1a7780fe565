"""What an OpenAPI document is put together from: types, parameters, answers, and what CSDL JSON says of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = dict[str, Any]  # of either document

CORE, CAPABILITIES = "@Org.OData.Core.V1.", "@Org.OData.Capabilities.V1."
_INTEGERS = {"Byte": (0, 255), "SByte": (-128, 127), "Int16": (-(2**15), 2**15 - 1), "Int32": (-(2**31), 2**31 - 1)}
TYPES: Mapping[str, Json] = {
    "Edm.String": {"type": "string"},
    "Edm.Boolean": {"type": "boolean"},
    "Edm.Guid": {"type": "string", "format": "uuid", "examples": ["01234567-89ab-cdef-0123-456789abcdef"]},
    "Edm.Date": {"type": "string", "format": "date", "examples": ["2026-12-31"]},
    "Edm.DateTimeOffset": {"type": "string", "format": "date-time", "examples": ["2026-12-31T23:59:59Z"]},
    "Edm.TimeOfDay": {"type": "string", "format": "time", "examples": ["23:59:59"]},
    "Edm.Duration": {"type": "string", "format": "duration", "examples": ["P4DT15H51M4S"]},
    "Edm.Binary": {"type": "string", "format": "base64url"},
    "Edm.Stream": {"type": "string", "format": "base64url"},
    "Edm.Single": {"type": ["number", "string"], "format": "float"},
    "Edm.Double": {"type": ["number", "string"], "format": "double"},
    "Edm.Decimal": {"type": ["number", "string"], "format": "decimal"},
    "Edm.Int64": {"type": ["integer", "string"], "format": "int64"},
    **{
        f"Edm.{name}": {"type": "integer", "format": name.lower(), "minimum": low, "maximum": high}
        for name, (low, high) in _INTEGERS.items()
    },
}
# Literals in a path stand in quotes where they do so in an address.
_IN_QUOTES = ("Edm.String",)
ERROR: Json = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "target": {"type": "string"},
                "details": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["code", "message"],
                        "properties": {name: {"type": "string"} for name in ("code", "message", "target")},
                    },
                },
            },
        }
    },
}


def _number_option(name: str, about: str) -> Json:
    return {"name": f"${name}", "in": "query", "description": about, "schema": {"type": "integer", "minimum": 0}}


PARAMETERS: Mapping[str, Json] = {
    "top": _number_option("top", "Show only the first n entities"),
    "skip": _number_option("skip", "Leave out the first n entities"),
    "count": {"name": "$count", "in": "query", "description": "Say how many there are over all pages", "schema": {"type": "boolean"}},
    "search": {"name": "$search", "in": "query", "description": "Show what these words are found in", "schema": {"type": "string"}},
    "filter": {"name": "$filter", "in": "query", "description": "Show what this holds for, such as `Price gt 5`", "schema": {"type": "string"}},
    "ifmatch": {"name": "If-Match", "in": "header", "description": "The ETag of the state that is to be changed", "schema": {"type": "string"}},
}  # fmt: skip


def members(said: Json) -> Iterator[tuple[str, Json]]:
    return (
        (name, about)
        for name, about in said.items()
        if not name.startswith("$") and "@" not in name and isinstance(about, dict)
    )


def is_optional(about: Json) -> bool:
    return bool(
        about.get("$Nullable")
        or "$DefaultValue" in about
        or about.get(f"{CORE}ComputedDefaultValue")
        or about.get("$Collection")
    )


def described(said: Json) -> Json:
    text = said.get(f"{CORE}Description")
    return {} if text is None else {"description": text}


def allows(said: Json, term: str, name: str) -> bool:
    return bool(said.get(f"{CAPABILITIES}{term}", {}).get(name, True))


def schema_reference(name: str, use: str) -> str:
    return f"#/components/schemas/{name}{f'-{use}' if use else ''}"


def parameter(name: str) -> Json:
    return {"$ref": f"#/components/parameters/{name}"}


def list_options(kind: Json) -> list[Json]:
    """What may be named in ``$orderby``, ``$select`` and ``$expand``, in this order."""
    plain = [
        name
        for name, about in members(kind)
        if about.get("$Kind") != "NavigationProperty" and about.get("$Type") != "Edm.Stream"
    ]
    sortable = [
        name
        for name in plain
        if not kind[name].get("$Collection") and not str(kind[name].get("$Type", "")).startswith("Edm.Geo")
    ]
    ways = [name for name, about in members(kind) if about.get("$Kind") == "NavigationProperty"]
    order = [text for name in sortable for text in (name, f"{name} desc")]
    options = [_choice("orderby", "In which order", order), _choice("select", "Which properties", plain)]
    return [*options, _choice("expand", "Which related entities", ["*", *ways])] if ways else options


def _choice(name: str, about: str, names: Sequence[str]) -> Json:
    items = {"type": "string", "enum": list(names)} if names else {"type": "string"}
    return {
        "name": f"${name}",
        "in": "query",
        "description": about,
        "explode": False,
        "schema": {"type": "array", "uniqueItems": True, "items": items},
    }


def placeholder(name: str, about: Json) -> str:
    """``{ID}``, or ``'{Name}'`` where the literal stands in quotes."""
    return f"'{{{name}}}'" if about.get("$Type", "Edm.String") in _IN_QUOTES else f"{{{name}}}"


def path_parameter(name: str, schema: Json, about: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema, **described(about)}


def as_json(schema: Json) -> Json:
    return {"content": {"application/json": {"schema": schema}}}


def body_of(schema: Json) -> Json:
    return {"requestBody": {"required": True, **as_json(schema)}}


def answers(status: int, schema: Json | None = None) -> Json:
    said = {200: "Success", 201: "Created", 204: "Done"}[status]
    found = {"description": said, **({} if schema is None else as_json(schema))}
    return {"responses": {str(status): found, "4XX": {"$ref": "#/components/responses/error"}}}
