"""``$metadata`` as OpenAPI 3.1, by the mapping of OASIS (OData to OpenAPI Mapping Version 1.0), from CSDL JSON: what a caller may not
see or do is not in that either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

import orjson

from odata_service.formats.csdl_json_v4 import write_json
from odata_service.formats.openapi_parts_v4 import (
    CAPABILITIES,
    CORE,
    ERROR,
    Json,
    PARAMETERS,
    TYPES,
    allows,
    answers,
    as_json,
    body_of,
    described,
    is_optional,
    list_options,
    members,
    parameter,
    path_parameter,
    placeholder,
    schema_reference,
)
from odata_service.formats.vocabularies_v4 import Offer
from odata_service.values import mutable


def write_openapi(offer: Offer, root: str) -> bytes:
    """The document for one caller, for the service at ``root``."""
    return orjson.dumps(openapi_of(orjson.loads(write_json(offer)), root))


def openapi_of(csdl: Json, root: str) -> Json:
    """
    >>> csdl = {"$EntityContainer": "Shop.C", "Shop": {"C": {"$Kind": "EntityContainer"}}}
    >>> openapi_of(csdl, "http://host/v4/")["info"]["title"]
    'Shop'
    """
    return _Mapping(csdl, root).document()


@mutable
class _Mapping:
    """One document under way."""

    csdl: Json
    root: str
    declared: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        schemas = ((name, schema) for name, schema in self.csdl.items() if not name.startswith("$"))
        self.declared = {f"{space}.{name}": said for space, schema in schemas for name, said in schema.items()}

    def document(self) -> Json:
        name = self.csdl["$EntityContainer"]
        container = self.declared[name]
        sets = {each: said for each, said in members(container) if "$Type" in said and "$Kind" not in said}
        return {
            "openapi": "3.1.0",
            "info": {
                "title": name.rpartition(".")[0],
                "version": self.csdl.get("$Version", "4.01"),
                "description": f"An OData service; [{self.root}$metadata]({self.root}$metadata) describes it in OData's own words.",
            },
            "servers": [{"url": self.root.rstrip("/")}],
            "tags": [{"name": each, **described(said)} for each, said in sets.items()],
            "paths": dict(self._paths(container, sets)),
            "components": {
                "schemas": dict(self._schemas()),
                "parameters": dict(PARAMETERS),
                "responses": {"error": {"description": "Error", **as_json({"$ref": "#/components/schemas/error"})}},
            },
        }

    # Schemas

    def _schemas(self) -> Iterator[tuple[str, Json]]:
        for name, said in self.declared.items():
            match said.get("$Kind") if isinstance(said, dict) else None:
                case "EnumType":
                    yield name, self._enumeration(said)
                case "EntityType" | "ComplexType":
                    yield name, self._structure(said, "")
                    yield f"{name}-create", self._structure(said, "create")
                    yield f"{name}-update", self._structure(said, "update")
        yield "error", ERROR
        yield "count", {"type": ["integer", "string"], "description": "How many there are over all pages"}

    def _enumeration(self, said: Json) -> Json:
        names = [name for name in said if not name.startswith(("$", "@"))]
        if said.get("$IsFlags"):
            return {"type": "string", "description": f"Some of {', '.join(names)}, with commas between"}
        return {"type": "string", "enum": names}

    def _structure(self, said: Json, use: str) -> Json:
        """For reading all properties; for writing those that a client may give, and what there may be inside."""
        properties, required = {}, []
        for name, about in members(said):
            is_navigation = about.get("$Kind") == "NavigationProperty"
            if use and (
                about.get(f"{CORE}Computed")
                or (use == "update" and (about.get(f"{CORE}Immutable") or name in said.get("$Key", ())))
            ):
                continue
            if is_navigation and use == "update":
                continue
            properties[name] = self._typed(about, use)
            if use == "create" and not is_navigation and not is_optional(about):
                required.append(name)
        schema: Json = {"type": "object", "properties": properties, **described(said)}
        if required:
            schema["required"] = required
        if "$BaseType" in said:
            base = {"$ref": schema_reference(said["$BaseType"], use)}
            return {"allOf": [base, schema]}
        return schema

    def _typed(self, about: Json, use: str = "") -> Json:
        """The schema of a property, parameter or result."""
        schema = self._single(about, use)
        if about.get("$Collection"):
            return {"type": "array", "items": schema, **described(about)}
        return {**schema, **described(about)} if "$ref" not in schema else schema

    def _single(self, about: Json, use: str) -> Json:
        name = about.get("$Type", "Edm.String")
        schema = dict(TYPES.get(name, {}))
        if not schema and name in self.declared:
            is_enumeration = self.declared[name].get("$Kind") == "EnumType"
            reference: Json = {"$ref": schema_reference(name, "" if is_enumeration else use)}
            return {"anyOf": [reference, {"type": "null"}]} if about.get("$Nullable") else reference
        for facet, keyword in (("$MaxLength", "maxLength"), ("$DefaultValue", "default")):
            if facet in about:
                schema[keyword] = about[facet]
        if about.get("$Nullable") and "type" in schema:
            kinds = schema["type"]
            schema["type"] = [*([kinds] if isinstance(kinds, str) else kinds), "null"]
        return schema

    # Paths

    def _paths(self, container: Json, sets: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
        for name, said in sets.items():
            yield from self._of_set(name, said)
        for name, said in members(container):
            if said.get("$Function"):
                yield from self._called(f"/{name}", said["$Function"], "get", "Services")
            elif said.get("$Action"):
                yield from self._called(f"/{name}", said["$Action"], "post", "Services")
        yield (
            "/$batch",
            {
                "post": {
                    "summary": "Many requests in one",
                    "tags": ["Batch"],
                    **body_of({"type": "object"}),
                    **answers(200, {"type": "object"}),
                }
            },
        )

    def _of_set(self, name: str, said: Json) -> Iterator[tuple[str, Json]]:
        kind, type_name = self._whole(said["$Type"]), said["$Type"]
        reference: Json = {"$ref": schema_reference(type_name, "")}
        if not said.get("$Collection"):
            yield f"/{name}", self._of_entity(name, said, f"Get {name}", [])
            return
        operations: Json = {}
        if allows(said, "ReadRestrictions", "Readable"):
            operations["get"] = self._listing(f"Get entities from {name}", name, said, kind, reference)
        if allows(said, "InsertRestrictions", "Insertable"):
            operations["post"] = {
                "summary": f"Add an entity to {name}", "tags": [name],
                **body_of({"$ref": schema_reference(type_name, "create")}), **answers(201, reference),
            }  # fmt: skip
        if operations:
            yield f"/{name}", operations
        if "$Key" not in kind:
            return
        key, parameters = self._key(kind)
        yield f"/{name}({key})", self._of_entity(name, said, f"Get an entity of {name} by its key", parameters)
        for way, about in members(kind):
            if about.get("$Kind") == "NavigationProperty":
                yield f"/{name}({key})/{way}", self._navigation(name, way, about, parameters)
        yield from self._bound(name, type_name, key, parameters)

    def _of_entity(self, name: str, said: Json, summary: str, parameters: Sequence[Json]) -> Json:
        kind, type_name = self._whole(said["$Type"]), said["$Type"]
        item: Json = {"parameters": list(parameters)} if parameters else {}
        if allows(said, "ReadRestrictions", "Readable"):
            shown = list_options(kind)[1:]
            item["get"] = {
                "summary": summary,
                "tags": [name],
                "parameters": shown,
                **answers(200, {"$ref": schema_reference(type_name, "")}),
            }
        if allows(said, "UpdateRestrictions", "Updatable"):
            item["patch"] = {
                "summary": f"Change an entity of {name}", "tags": [name], "parameters": [parameter("ifmatch")],
                **body_of({"$ref": schema_reference(type_name, "update")}), **answers(204),
            }  # fmt: skip
        if allows(said, "DeleteRestrictions", "Deletable") and parameters:
            item["delete"] = {
                "summary": f"Delete an entity of {name}", "tags": [name], "parameters": [parameter("ifmatch")], **answers(204),
            }  # fmt: skip
        return item

    def _navigation(self, name: str, way: str, about: Json, parameters: Sequence[Json]) -> Json:
        reference: Json = {"$ref": schema_reference(about["$Type"], "")}
        kind = self._whole(about["$Type"])
        if about.get("$Collection"):
            get = self._listing(f"Get {way} of an entity of {name}", name, {}, kind, reference)
        else:
            shown = list_options(kind)[1:]
            get = {
                "summary": f"Get {way} of an entity of {name}",
                "tags": [name],
                "parameters": shown,
                **answers(200, reference),
            }
        return {"parameters": list(parameters), "get": get}

    def _listing(self, summary: str, name: str, said: Json, kind: Json, reference: Json) -> Json:
        found: Json = {
            "type": "object",
            "properties": {
                "@odata.count": {"$ref": "#/components/schemas/count"},
                "value": {"type": "array", "items": reference},
                "@odata.nextLink": {"type": "string", "format": "uri-reference"},
            },
        }
        is_searchable = said.get(f"{CAPABILITIES}SearchRestrictions", {}).get("Searchable", False)
        options = [
            parameter(each) for each in ("top", "skip", *(("search",) if is_searchable else ()), "filter", "count")
        ]
        return {
            "summary": summary,
            "tags": [name],
            "parameters": [*options, *list_options(kind)],
            **answers(200, found),
        }

    def _bound(self, name: str, type_name: str, key: str, parameters: Sequence[Json]) -> Iterator[tuple[str, Json]]:
        """Functions and actions of the entities of a set, or of the set as a whole."""
        for operation, overloads in self.declared.items():
            for said in overloads if isinstance(overloads, list) else ():
                first = (said.get("$Parameter") or [{}])[0]
                if not said.get("$IsBound") or first.get("$Type") != type_name:
                    continue
                of_all = first.get("$Collection")
                place = f"/{name}/{operation}" if of_all else f"/{name}({key})/{operation}"
                method = "post" if said["$Kind"] == "Action" else "get"
                for path, item in self._called_as(place, said, method, name, said["$Parameter"][1:]):
                    yield path, item if of_all else {"parameters": list(parameters), **item}

    def _called(self, path: str, operation: str, method: str, tag: str) -> Iterator[tuple[str, Json]]:
        for said in self.declared.get(operation, ()):
            if not said.get("$IsBound"):
                yield from self._called_as(path, said, method, tag, said.get("$Parameter", ()))

    def _called_as(
        self, path: str, said: Json, method: str, tag: str, parameters: Sequence[Json]
    ) -> Iterator[tuple[str, Json]]:
        returns = said.get("$ReturnType")
        results = answers(204) if returns is None else answers(200, self._typed(returns))
        call: Json = {
            "summary": f"Invoke {said['$Kind'].lower()} {path.rpartition('/')[2]}",
            "tags": [tag],
            **described(said),
        }
        if method == "post":
            given = {each["$Name"]: self._typed(each) for each in parameters}
            yield path, {method: call | (body_of({"type": "object", "properties": given}) if given else {}) | results}
            return
        named = ",".join(f"{each['$Name']}={placeholder(each['$Name'], each)}" for each in parameters)
        options = [path_parameter(each["$Name"], self._typed(each), each) for each in parameters]
        yield f"{path}({named})", {method: {**call, "parameters": options, **results}}

    def _key(self, kind: Json) -> tuple[str, list[Json]]:
        parts = [(name, kind.get(name, {})) for name in kind["$Key"] if isinstance(name, str)]
        texts = [placeholder(name, about) for name, about in parts]
        written = (
            texts[0]
            if len(parts) == 1
            else ",".join(f"{name}={text}" for (name, _), text in zip(parts, texts, strict=True))
        )
        return written, [path_parameter(name, self._single(about, ""), about) for name, about in parts]

    def _whole(self, name: str) -> Json:
        """A type with what it inherits."""
        said: Json = self.declared[name]
        return {**self._whole(said["$BaseType"]), **said} if "$BaseType" in said else said
