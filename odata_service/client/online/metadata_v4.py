"""``$metadata`` of V4: navigation properties say where they lead, functions and actions stand beside the container."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from odata_service.edm import primitive as edm
from odata_service.edm.primitive import PRIMITIVES

from .metadata import Schemas, children, local
from .model import Model, Navigation, Operation

PRIMITIVES_V4 = {each.name: each for each in PRIMITIVES if each is not edm.DATE_TIME}


def read_metadata(content: bytes) -> Model:
    schemas = Schemas(content, PRIMITIVES_V4, "v4")
    schemas.declare_types()
    for name, each in schemas.all("EntityType", "ComplexType"):
        _navigate(schemas, name, each)
    schemas.declare_sets()
    _bind(schemas)
    schemas.model.operations += _operations(schemas)
    schemas.model.repeats = b"Repeatability.V1.Supported" in content or b"Repeatability.Supported" in content
    return schemas.model


def _navigate(schemas: Schemas, name: str, element: Element) -> None:
    source = schemas.structured(name)
    for each in children(element, "NavigationProperty"):
        name_of_type = each.get("Type", "")
        item = name_of_type.removeprefix("Collection(").removesuffix(")")
        contains = each.get("ContainsTarget") == "true"
        navigation = Navigation(each.get("Name", ""), schemas.structured(item), item != name_of_type, contains)
        source.own_navigation[navigation.name] = navigation


def _bind(schemas: Schemas) -> None:
    for container in schemas.containers():
        for each in children(container, "EntitySet", "Singleton"):
            resource = schemas.model.resources[each.get("Name", "")]
            for binding in children(each, "NavigationPropertyBinding"):
                target = binding.get("Target", "").rpartition("/")[2]
                resource.bindings[binding.get("Path", "").rpartition("/")[2]] = target


def _operations(schemas: Schemas) -> Iterator[Operation]:
    declared = [(name, each) for name, each in schemas.all("Function", "Action")]
    for name, each in declared:
        if each.get("IsBound") == "true":
            yield _operation(schemas, each, segment=name, is_bound=True)
    for container in schemas.containers():
        for imported in children(container, "FunctionImport", "ActionImport"):
            wanted = schemas.full_name(imported.get("Function") or imported.get("Action") or "")
            for name, each in declared:
                if name == wanted and each.get("IsBound") != "true":
                    yield _operation(schemas, each, imported.get("Name", ""), False, imported.get("EntitySet"))


def _operation(
    schemas: Schemas, element: Element, segment: str, is_bound: bool, result_set: str | None = None
) -> Operation:
    parameters = schemas.parameters(element)
    bound = parameters.pop(next(iter(parameters))) if is_bound else None
    returned = next(children(element, "ReturnType"), None)
    return Operation(
        name=segment.rpartition(".")[2],
        segment=segment,
        is_action=local(element) == "Action",
        parameters=parameters,
        returns=None if returned is None else schemas.value_type(returned.get("Type", "")),
        bound=bound,
        result_set=result_set.rpartition("/")[2] if result_set else None,
        optional=frozenset(_optional(element)),
    )


def _optional(element: Element) -> Iterator[str]:
    for each in children(element, "Parameter"):
        said = (note.get("Term", "") for note in children(each, "Annotation"))
        if any(term.endswith("OptionalParameter") for term in said):
            yield each.get("Name", "")
