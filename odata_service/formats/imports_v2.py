"""Service operations as V2's ``$metadata`` lists them (MS-ODATA, FunctionImport)."""

from __future__ import annotations


from odata_service.edm.model import ComplexProperty, ComplexType, EntityModel, EntityType, EnumType
from odata_service.edm.operation import Operation
from odata_service.edm.primitive import PrimitiveType
from odata_service.values import frozen


@frozen
class FunctionImport:
    """``TopRated(minRating Edm.Int32) Collection(CatalogService.Products)``, called with ``method``. Several overloads are
    one, whose parameters need not all be given; V2 cannot say which may be left out."""

    name: str
    method: str
    parameters: tuple[tuple[str, str], ...]
    returns: str | None
    entity_set: str | None


def imports_of(model: EntityModel) -> list[FunctionImport]:
    """The operations that V2 can call and whose answers it can read, one for each name."""
    by_name: dict[str, list[Operation]] = {}
    for operation in model.published(model.operations):
        if operation.imported and _is_expressible(operation):
            by_name.setdefault(operation.name, []).append(operation)
    return [_import(overloads, model) for overloads in by_name.values()]


def _is_expressible(operation: Operation) -> bool:
    parameters_fit = all(_type_of(each.type) and not each.collection for each in operation.parameters)
    return parameters_fit and (operation.returns is None or _type_of(operation.returns.type) != "")


def _import(overloads: list[Operation], model: EntityModel) -> FunctionImport:
    first, returns = overloads[0], overloads[0].returns
    parameters = {each.name: each.v2 or _type_of(each.type) for overload in overloads for each in overload.parameters}
    kind = "" if returns is None else _type_of(returns.type)
    entity_type = (
        None if returns is None or not isinstance(returns.type, EntityType) else model.types[returns.type.name]
    )
    return FunctionImport(
        first.name,
        "GET" if first.kind == "function" else "POST",
        tuple(parameters.items()),
        f"Collection({kind})" if returns is not None and returns.collection else kind or None,
        None if entity_type is None else model.set_of(entity_type).name,
    )


def _type_of(kind: PrimitiveType | EnumType | ComplexType | ComplexProperty | EntityType) -> str:
    """The name of a type in V2, empty where it has none: an enumeration is its number, structures only come out."""
    match kind:
        case PrimitiveType(v2=name) | EnumType(underlying=PrimitiveType(v2=name)):
            return name
        case ComplexType() | EntityType():
            return kind.full_name
    return ""
