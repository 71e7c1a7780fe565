"""What to say about text that does not parse: what was expected, what was found, and the cure for the usual mistakes."""

from __future__ import annotations

import re

_SYMBOLS = {
    "==": "eq", "=": "eq", "!=": "ne", "<>": "ne", "<=": "le", ">=": "ge", "<": "lt", ">": "gt",
    "&&": "and", "||": "or", "!": "not", "+": "add", "*": "mul",
}  # fmt: skip
_SYMBOL = re.compile("|".join(re.escape(symbol) for symbol in sorted(_SYMBOLS, key=len, reverse=True)))
_WORDS = {"eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "add", "sub", "mul", "div", "mod", "asc", "desc"}
_OTHER_WORDS = {"equals": "eq", "is": "eq", "like": "substringof or contains", "between": "ge … and … le"}
_WORD = re.compile(r"\w+")
_OPERATORS = {"_OR", "_AND", "EQUALITY", "RELATION", "SUM", "PRODUCT"}
_MEANINGS: tuple[tuple[set[str], set[str], str], ...] = (
    ({"FILTER_IS"}, set(), "an option such as $filter=…"),
    ({"LITERAL"}, {"NAME", "FUNCTION"}, "a value, a property or a function"),
    ({"LITERAL"}, set(), "a literal value"),
    ({"NAME"}, set(), "a name"),
    ({"SEGMENT"}, set(), "a name"),
    ({"_COMMA", "_RPAR"}, set(), "a comma or a closing parenthesis"),
    ({"_RPAR"}, set(), "a closing parenthesis"),
    ({"_COMMA"}, set(), "a comma or the end"),
    ({"_EQUALS"}, set(), "an equals sign"),
    ({"_LPAR"}, set(), "an opening parenthesis"),
    ({"_COLON"}, set(), "a colon"),
    ({"_AS"}, set(), "'as' and a name"),
    ({"GROUPBY"}, set(), "a transformation such as filter(…), groupby(…) or aggregate(…)"),
)


def explain(text: str, at: int, expected: set[str]) -> str:
    """One sentence about the mistake at ``at``, where one of the terminals ``expected`` could have stood.

    >>> explain("Name == 5", 5, {"EQUALITY"})
    "expected an operator such as eq, gt or and, found '=='; write eq"
    >>> explain("Name eq 'x", 8, {"LITERAL", "NAME"})
    'the string that starts here has no closing quote'
    """
    if text.startswith("'", at) and expected & {"LITERAL", "STRING"}:
        return "the string that starts here has no closing quote"
    return f"expected {_meaning(expected)}, found {_found(text, at)}{_cure(text, at, expected)}"


def _meaning(expected: set[str]) -> str:
    if expected & _OPERATORS:
        return "an operator such as eq, gt or and"
    for some, all_of, meaning in _MEANINGS:
        if some <= expected and all_of <= expected:
            return meaning
    return "something else" if expected else "the end"


def _found(text: str, at: int) -> str:
    if at >= len(text):
        return "the end"
    symbol, word = _SYMBOL.match(text, at), _WORD.match(text, at)
    found = symbol or word
    return repr(found[0][:40] if found else text[at])


def _cure(text: str, at: int, expected: set[str]) -> str:
    """
    >>> _cure("'O'Neil'", 3, {"_OR"}), _cure('Name eq "x"', 8, {"LITERAL"})
    ('; a quote inside a string is written twice', '; strings stand in single quotes')
    """
    symbol, word = _SYMBOL.match(text, at), _WORD.match(text, at)
    if text.startswith('"', at):
        return "; strings stand in single quotes"
    if at and text[at - 1] == "'" and word:
        return "; a quote inside a string is written twice"
    if symbol:
        return f"; write {_SYMBOLS[symbol[0]]}"
    if text.startswith(")", at) and "_RPAR" not in expected and (not expected or expected & _OPERATORS):
        return "; there is no parenthesis to close"
    return _cure_for_word(word[0].lower(), word[0]) if word and expected & _OPERATORS else ""


def _cure_for_word(lower: str, written: str) -> str:
    if lower in _WORDS and lower != written:
        return f"; operators are written in lower case: {lower}"
    return f"; write {_OTHER_WORDS[lower]}" if lower in _OTHER_WORDS else ""
