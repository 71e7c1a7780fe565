"""Trees written out as short text, so that a test's expectation fits on a line."""

from dataclasses import fields, is_dataclass, replace

from odata_service.parse.syntax import (
    AggregateOf, Alias, AnyAll, Binary, Call, Case, Compute, CountOf, EnumLiteral, ExpandItem, FilterStep, In, Junction,
    ListExpression, Literal, ObjectExpression, Options, OrderBy, Path, SearchExpression, Segment, SelectItem, TypeName,
    Unary,
)  # fmt: skip


def as_text(node: object, *, values: bool = True) -> str:
    """Every operator in brackets: ``[a eq 5]``, ``[a or [not b] or c]``; without ``values`` only what a plan keeps."""
    if not values:
        node = _without_values(node)
    match node:
        case Literal():
            return node.text
        case Path(steps):
            return "/".join(map(as_text, steps))
        case SelectItem(steps, options):
            inner = options_as_text(options)
            return "/".join(map(as_text, steps)) + (f"({inner})" if inner else "")
        case Segment(name, None):
            return name
        case Segment(name, arguments):
            shown = (f"{each.name}={as_text(each.value)}" if each.name else as_text(each.value) for each in arguments)
            return f"{name}({','.join(shown)})"
        case Binary(operator, left, right):
            return f"[{as_text(left)} {operator} {as_text(right)}]"
        case Unary(operator, operand):
            return f"[{operator} {as_text(operand)}]"
        case Junction(operator, terms):
            return f"[{f' {operator} '.join(map(as_text, terms))}]"
        case Call(name, arguments):
            return f"{name}({','.join(map(as_text, arguments))})"
        case TypeName(name):
            return f"<{name}>"
        case AnyAll(quantifier, variable, condition):
            return f"{quantifier}({variable}:{as_text(condition)})" if condition else f"{quantifier}()"
        case EnumLiteral(_, _, text):
            return text
        case Alias(name):
            return name
        case FilterStep(condition):
            return f"$filter({as_text(condition)})"
        case CountOf(options):
            return f"$count({options_as_text(options)})"
        case AggregateOf(item):
            return f"aggregate({as_text(item)})"
        case In(operand, items):
            return f"[{as_text(operand)} in {as_text(items)}]"
        case ListExpression(items):
            return f"({','.join(map(as_text, items))})"
        case ObjectExpression(members):
            return "{" + ",".join(f"{name}:{as_text(value)}" for name, value in members) + "}"
        case Case(branches):
            return f"case({','.join(f'{as_text(condition)}:{as_text(value)}' for condition, value in branches)})"
        case Compute(expression, name):
            return f"{as_text(expression)} as {name}"
        case SearchExpression("", _, phrase):
            return phrase
        case SearchExpression("NOT", (term,)):
            return f"[NOT {as_text(term)}]"
        case SearchExpression(operator, terms):
            return f"[{f' {operator} '.join(map(as_text, terms))}]"
        case OrderBy(expression, descending):
            return as_text(expression) + (" desc" if descending else "")
        case ExpandItem():
            inner = options_as_text(node.options)
            path = "/".join([*map(as_text, node.path), *([node.suffix] if node.suffix else [])])
            return path + (f"({inner})" if inner else "")
        case tuple():
            return ",".join(map(as_text, node))
    return repr(node)


_STRUCTURED = ("filter", "orderby", "compute", "search", "apply", "top", "skip", "select", "expand")
_PLAIN = ("count", "levels")


def options_as_text(options: Options) -> str:
    """The options that are there, in a fixed order."""
    parts = [f"${name}={as_text(value)}" for name in _STRUCTURED if (value := getattr(options, name))]
    parts += [f"${name}={value}" for name in _PLAIN if (value := getattr(options, name)) is not None]
    parts += [f"{name}={as_text(value)}" for name, value in options.aliases]
    return ";".join(parts)


def _without_values(node: object) -> object:
    """The node with the type in the place of every literal that is numbered."""
    if isinstance(node, Literal):
        return (
            replace(node, at=0)
            if node.slot < 0
            else replace(node, text=f"{node.type.name}#{node.slot}", value=None, at=0)
        )
    if isinstance(node, EnumLiteral):
        return replace(node, text=f"{node.type_name}#{node.slot}", members="", at=0)
    if isinstance(node, tuple):
        return tuple(map(_without_values, node))
    if is_dataclass(node) and not isinstance(node, type):
        values = {each.name: _without_values(getattr(node, each.name)) for each in fields(node)}
        return replace(node, **(values | {"at": 0} if "at" in values else values))
    return node
