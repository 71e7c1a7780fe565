"""The operators of ``$search``, found among its words: NOT binds strongest, then AND, which may be left out, then OR."""

from __future__ import annotations

from collections.abc import Sequence

from odata_service.parse.grammar import Mistake
from odata_service.parse.syntax import SearchExpression

_OPERATORS = ("AND", "OR", "NOT")
Operand = SearchExpression | tuple[str, int]  # a phrase or group, or a word and where it starts


def search_expression(items: Sequence[Operand]) -> SearchExpression:
    """The tree of one level. Where there is nothing but words that could be operators, they are words.

    >>> tree = search_expression([("sea", 0), ("OR", 4), ("NOT", 7), ("land", 11)])
    >>> tree.operator, [term.operator for term in tree.terms]
    ('OR', ['', 'NOT'])
    >>> [term.phrase for term in search_expression([("OR", 0), ("AND", 3)]).terms]
    ['OR', 'AND']
    """
    if all(isinstance(item, tuple) and item[0] in _OPERATORS for item in items):
        return _joined("AND", list(map(_word, items)))
    chains: list[list[SearchExpression]] = [[]]
    negations: list[int] = []
    waiting: tuple[str, int] | None = None  # the operator that needs something after it
    for item in items:
        if isinstance(item, tuple) and item[0] in _OPERATORS:
            if item[0] == "NOT":
                negations.append(item[1])
            elif waiting is not None or not chains[-1]:
                raise Mistake(f"expected a word or a phrase before {item[0]}", item[1])
            elif item[0] == "OR":
                chains.append([])
            waiting = item
            continue
        term, waiting = _word(item), None
        while negations:
            term = SearchExpression("NOT", (term,), "", negations.pop())
        chains[-1].append(term)
    if waiting is not None:
        raise Mistake(f"expected a word or a phrase after {waiting[0]}", waiting[1] + len(waiting[0]))
    return _joined("OR", [_joined("AND", chain) for chain in chains])


def _word(item: Operand) -> SearchExpression:
    return SearchExpression("", (), *item) if isinstance(item, tuple) else item


def _joined(operator: str, terms: list[SearchExpression]) -> SearchExpression:
    return terms[0] if len(terms) == 1 else SearchExpression(operator, tuple(terms), "", terms[0].at)
