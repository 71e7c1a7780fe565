"""Two ``$metadata`` documents → what is different, and whose clients that breaks. One row per kind of change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeVar

from odata_service.schema_document import DeclaredProperty, DeclaredType, DeclaredWay, SchemaDocument
from odata_service.values import frozen

Effect = Literal["breaks", "may break", "is safe"]
Value = TypeVar("Value")


@frozen
class Kind:
    """What a change does to clients of V2 and V4, and to those that keep copies; ``why`` for whoever is surprised."""

    says: str
    v2: Effect
    v4: Effect
    sync: Effect
    why: str = ""


def _kinds(*rows: tuple[str, str, str, str, str, str]) -> dict[str, Kind]:
    effects: dict[str, Effect] = {"x": "breaks", "?": "may break", "-": "is safe"}
    return {name: Kind(says, effects[v2], effects[v4], effects[sync], why) for name, says, v2, v4, sync, why in rows}


KINDS = _kinds(
    # name               what is said                     V2   V4   sync why
    ("set added",        "is a new set",                  "-", "-", "-", ""),
    ("set removed",      "is gone",                       "x", "x", "x", ""),
    ("set retyped",      "has another type: {old} → {new}", "x", "x", "x", ""),
    ("type added",       "is a new type",                 "-", "-", "-", ""),
    ("type removed",     "is gone",                       "x", "x", "x", "entities say their type's name"),
    ("base changed",     "derives from {new}, not from {old}", "x", "x", "x", ""),
    ("key changed",      "has the key ({new}), not ({old})", "x", "x", "x", "addresses and copies go by it"),
    ("property added",   "is a new property",             "?", "-", "-", "WCF's client refuses what its class has not, unless IgnoreMissingProperties"),
    ("required added",   "is a new property that is never null", "?", "?", "?", "who adds entities has to give it, unless the service does"),
    ("property removed", "is gone",                       "x", "x", "x", ""),
    ("type wider",       "is of {new}, not of {old}",     "x", "?", "?", "clients made for the smaller type may have no room; V2 writes Int64 as a string"),
    ("type changed",     "is of {new}, not of {old}",     "x", "x", "x", ""),
    ("may be null",      "may be null now",               "?", "?", "?", "clients whose classes have no room for null"),
    ("never null",       "is never null now",             "?", "?", "?", "who sends null is refused"),
    ("shorter",          "holds {new}, not {old}",        "?", "?", "?", "what is longer is refused"),
    ("longer",           "holds {new}, not {old}",        "-", "-", "?", "copies may have columns of the old length"),
    ("way added",        "is a new navigation property",  "-", "-", "-", ""),
    ("way removed",      "is gone",                       "x", "x", "-", "copies go by properties"),
    ("way changed",      "leads to {new}, not to {old}",  "x", "x", "-", ""),
    ("member added",     "is a new member",               "-", "?", "?", "clients do not know its name"),
    ("member removed",   "is gone",                       "-", "x", "x", ""),
    ("member changed",   "is {new}, not {old}",           "x", "-", "?", "V2 knows members by their numbers"),
)  # fmt: skip
_WIDER = ("Edm.Byte", "Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Decimal")


@frozen
class Change:
    """``Shop.Person/Name holds 20, not 40``"""

    kind: str
    about: str
    old: object = ""
    new: object = ""

    @property
    def effects(self) -> dict[str, Effect]:
        kind = KINDS[self.kind]
        return {"V2": kind.v2, "V4": kind.v4, "sync": kind.sync}

    @property
    def breaks(self) -> bool:
        return "breaks" in self.effects.values()

    @property
    def says(self) -> str:
        return f"{self.about} {KINDS[self.kind].says.format(old=self.old, new=self.new)}"

    def __str__(self) -> str:
        """With whom it concerns, the worst first."""
        by_effect: dict[Effect, list[str]] = {"breaks": [], "may break": [], "is safe": []}
        for whom, effect in self.effects.items():
            by_effect[effect].append(whom)
        concerned = "; ".join(
            f"{effect} {', '.join(whom)}" for effect, whom in by_effect.items() if whom and effect != "is safe"
        )
        why = KINDS[self.kind].why
        return f"{self.says}: {concerned or 'is safe'}" + (f" ({why})" if why else "")

    def as_json(self) -> dict[str, Any]:
        return {
            "change": self.kind,
            "about": self.about,
            "says": self.says,
            **self.effects,
            "why": KINDS[self.kind].why,
        }


def changes(old: SchemaDocument, new: SchemaDocument) -> list[Change]:
    """All of them in the order of names: sets, then types with what they have, then enumerations."""
    return [
        *_members(old.sets, new.sets, "set", _retyped),
        *_members(old.types, new.types, "type", _of_type),
        *(each for name in sorted(old.enums.keys() & new.enums.keys()) for each in _members(old.enums[name], new.enums[name], "member", _renumbered, f"{name}/")),
    ]  # fmt: skip


def _members(
    old: Mapping[str, Value], new: Mapping[str, Value], what: str, between: Any, before: str = ""
) -> Iterator[Change]:
    """(Any: a function of both values, which say what they are.)"""
    for name in sorted(old.keys() | new.keys()):
        about = f"{before}{name}"
        if name not in new:
            yield Change(f"{what} removed", about)
        elif name not in old:
            required = what == "property" and not getattr(new[name], "nullable", True)
            yield Change("required added" if required else f"{what} added", about)
        else:
            yield from between(about, old[name], new[name])


def _retyped(about: str, old: str, new: str) -> Iterator[Change]:
    if old != new:
        yield Change("set retyped", about, old, new)


def _renumbered(about: str, old: str, new: str) -> Iterator[Change]:
    if old != new:
        yield Change("member changed", about, old, new)


def _of_type(about: str, old: DeclaredType, new: DeclaredType) -> Iterator[Change]:
    if old.base != new.base:
        yield Change("base changed", about, old.base or "nothing", new.base or "nothing")
    if old.key != new.key:
        yield Change("key changed", about, ", ".join(old.key), ", ".join(new.key))
    yield from _members(old.properties, new.properties, "property", _of_property, f"{about}/")
    yield from _members(old.navigation, new.navigation, "way", _of_way, f"{about}/")


def _of_property(about: str, old: DeclaredProperty, new: DeclaredProperty) -> Iterator[Change]:
    if old.type != new.type:
        wider = old.type in _WIDER and new.type in _WIDER[_WIDER.index(old.type) :]
        yield Change("type wider" if wider else "type changed", about, old.type, new.type)
    if old.nullable != new.nullable:
        yield Change("may be null" if new.nullable else "never null", about)
    for name, unit in (("max_length", ""), ("precision", " digits"), ("scale", " decimals")):
        before, after = getattr(old, name), getattr(new, name)
        if before != after and old.type == new.type:
            shorter = after is not None and (before is None or after < before)
            yield Change("shorter" if shorter else "longer", about, *(_size(each, unit) for each in (before, after)))


def _size(size: int | None, unit: str) -> str:
    return "any number" + (f" of{unit}" if unit else "") if size is None else f"{size}{unit}"


def _of_way(about: str, old: DeclaredWay, new: DeclaredWay) -> Iterator[Change]:
    if old != new:
        yield Change(
            "way changed", about, *(f"{'many ' if each.collection else ''}{each.target}" for each in (old, new))
        )
