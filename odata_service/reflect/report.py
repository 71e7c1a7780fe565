"""A draft as a person reads it and as a program does: every decision, and every doubt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from odata_service.edm.values import edm_type
from odata_service.reflect.draft import Draft, DraftEntity, DraftNavigation, DraftProperty
from odata_service.types import Collection

Json = dict[str, Any]


def as_json(name: str, draft: Draft) -> Json:
    return {
        "database": name,
        "sets": [_entity(each) for each in draft.entities.values()],
        "links": [str(link) for link in draft.links],
        "remarks": [{"severity": each.severity, "about": each.about, "says": each.says} for each in draft.remarks],
    }


def _entity(entity: DraftEntity) -> Json:
    told: Json = {
        "set": entity.root.set_name,
        "type": entity.type_name,
        "table": str(entity.name),
        "kind": entity.facts.kind,
        "key": [] if entity.is_keyless else list(entity.key),
        "keyFrom": entity.key_from or None,
        "properties": [_property(each, entity) for each in entity.published],
        "navigation": [_navigation(each) for each in entity.navigation],
    }
    return told if entity.base is None else {**told, "base": entity.base.type_name}


def _property(declared: DraftProperty, entity: DraftEntity) -> Json:
    facts = declared.column
    is_key = facts.name in entity.key and not entity.is_keyless
    return {
        "name": declared.name,
        "column": facts.name,
        "declared": facts.declared,
        "type": _type(declared),
        "nullable": facts.nullable and not is_key,
        "setBy": "server"
        if facts.server_set
        else "server, unless given"
        if facts.counted or facts.by_default
        else "client",
    }


def _type(declared: DraftProperty) -> str:
    """``Edm.String(60)``, ``Edm.Decimal(10,2)``, ``Collection(Edm.Int32)``"""
    if isinstance(declared.type, Collection):
        return f"Collection({getattr(declared.type.shape, 'type', None)})"
    kind = edm_type(declared.type)
    numbers = [getattr(declared.type, name, None) for name in ("length", "precision", "scale")]
    facets = ",".join(str(each) for each in numbers if each is not None) if kind and kind.name in _WITH_FACETS else ""
    return f"{kind}({facets})" if facets else str(kind)


_WITH_FACETS = ("Edm.String", "Edm.Binary", "Edm.Decimal")


def _navigation(way: DraftNavigation) -> Json:
    told = {
        "name": way.name,
        "to": str(way.target),
        "collection": way.collection,
        "near": list(way.near),
        "far": list(way.far),
        "partner": way.partner,
    }
    return told if way.link is None else {**told, "link": str(way.link)}


def as_text(name: str, draft: Draft) -> str:
    return "\n".join(_lines(as_json(name, draft))) + "\n"


def _lines(told: Json) -> Iterator[str]:
    yield f"{told['database']}: {len(told['sets'])} entity sets, {len(told['links'])} link tables"
    for each in told["sets"]:
        key = f"key ({', '.join(each['key'])}) from its {each['keyFrom']}" if each["keyFrom"] else "no key"
        yield ""
        yield f"{each['set']}: {each['type']}, {each['kind']} {each['table']}, {key}"
        width = max(len(declared["name"]) for declared in each["properties"])
        for declared in each["properties"]:
            yield f"    {declared['name']:{width}}  {'; '.join(_facts(declared))}"
        for way in each["navigation"]:
            yield f"    {way['name']} → {_end(way)}"
    if told["remarks"]:
        yield ""
    for remark in told["remarks"]:
        yield f"{remark['severity']}: {remark['about']}: {remark['says']}"


def _facts(declared: Json) -> Iterator[str]:
    yield declared["type"]
    yield f"{declared['declared'] or 'no type'}" + (
        "" if declared["column"] == declared["name"] else f" {declared['column']!r}"
    )
    if not declared["nullable"]:
        yield "never null"
    if declared["setBy"] != "client":
        yield f"set by the {declared['setBy']}"


def _end(way: Json) -> str:
    many = "many of " if way["collection"] else ""
    through = f" through {way['link']}" if "link" in way else ""
    return f"{many}{way['to']}{through}, ({', '.join(way['near'])}) = ({', '.join(way['far'])}), back {way['partner']}"
