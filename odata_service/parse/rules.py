"""Text by a rule of the ABNF: with the grammars that read requests, by the letter (see ``spelling``), and with declared
identifiers where the caller says which there are (see ``declared``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lark import Token, Transformer, Tree

from odata_service.errors import BadRequest
from odata_service.parse.build_apply import BuilderV4
from odata_service.parse.build_context import ContextBuilder
from odata_service.parse.declared import IDENTIFIERS, RULES, Declared, Names
from odata_service.parse.declared_tree import DeclaredTree
from odata_service.parse.grammar import Grammar, Mistake, grammar_folder
from odata_service.parse.path_v4 import is_call, raw_segments
from odata_service.parse.rules_tree import TREE_RULES, TreeRule
from odata_service.parse.spelling import Spelled, StrictReading
from odata_service.parse.syntax import EnumLiteral, Path, Segment, Step
from odata_service.parse.v4 import FILES


def read_rule(rule: str, text: str, names: Names | None = None) -> Any:
    """See :func:`odata_service.parse.parse_rule`."""
    try:
        return AbnfReader(names).read(rule, text)
    except Mistake as mistake:
        raise BadRequest("SyntaxError", str(mistake), target=rule, at=mistake.at) from None


def _key(rule: str) -> str:
    return re.sub("[-_]", "", rule).lower()


class Words(Transformer[Any, Any]):
    """Rules that are words: their value is their text."""

    def __default__(self, name: str, children: list[Any], meta: object) -> Any:
        return Tree(name, children) if name.startswith("_") else "".join(map(str, children))


def _starts(*files: str) -> tuple[str, ...]:
    """Every rule of these files can be read by itself."""
    folder = grammar_folder()
    texts = [(folder / f"{file}.lark").read_text(encoding="utf-8") for file in files]
    return tuple(name for text in texts for name in re.findall(r"^([a-z]\w*):", text, re.MULTILINE))


def _grammar(files: tuple[str, ...], callbacks: Callable[[], Transformer[Any, Any]]) -> Grammar:
    return Grammar(files, _starts(*files), callbacks)


TREES = Grammar((*FILES, "abnf_expression"), {row.start for row in TREE_RULES.values()} | {"segment"}, BuilderV4)
WORDS = _grammar(("abnf_literals", "abnf_names"), Words)
HEADERS = _grammar(("abnf_headers",), Words)
CONTEXT = Grammar(("abnf_context",), ("context", "context_fragment", "select_list"), ContextBuilder)

_WORD_RULES = {_key(start): (grammar, start) for grammar in (WORDS, HEADERS) for start in grammar.starts}
_TREE_RULES = {_key(rule): row for rule, row in TREE_RULES.items()}
_PATH_RULES = {_key(rule): rule for rule in RULES}
_EXPRESSION_PATHS = {key: rule for key, rule in _PATH_RULES.items() if key.endswith("expr")}
_IDENTIFIERS = {_key(rule): rule for rule in IDENTIFIERS}
_OPTIONS = {
    "filter": "filter", "search": "search", "orderby": "orderby", "compute": "compute", "select": "select", "expand": "expand",
    "apply": "apply", "top": "top", "skip": "skip", "count": "inlinecount", "format": "format", "index": "index", "id": "id",
    "schemaversion": "schemaversion", "skiptoken": "skiptoken", "deltatoken": "deltatoken",
}  # fmt: skip
_PATH_CHARACTERS = re.compile(r"(?:[\w\-.~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})+", re.ASCII)


def _all(tokens: Iterator[Token]) -> Iterable[Token]:
    return tokens


class AbnfReader:
    """Reads text by rules, with one set of declared identifiers."""

    def __init__(self, names: Names | None) -> None:
        self._declared = Declared(names)
        self._tree = DeclaredTree(self._declared)

    def read(self, rule: str, text: str) -> Any:
        key = _key(rule)
        if key in _COMPOSED:
            return _COMPOSED[key](self, text)
        if key in _TREE_RULES:
            row = _TREE_RULES[key]
            return self.tree(row, row.before + text, -len(row.before))
        if key in _IDENTIFIERS:
            return self._identifier(_IDENTIFIERS[key], text)
        if key in _WORD_RULES:
            return self.word(key, text)
        if key in _EXPRESSION_PATHS:
            return self._rest_of_path(_EXPRESSION_PATHS[key], text)
        if key in _PATH_RULES:
            return self.path(text, _PATH_RULES[key])
        raise LookupError(f"there is no rule {rule!r}")

    def tree(self, row: TreeRule, text: str, offset: int = 0) -> Any:
        spelled = Spelled.of(text)
        try:
            tree = StrictReading(TREES, WORDS, spelled).read(row.start, spelled.text, "the text")
            if not row.test(tree):
                raise Mistake("this is something else than the rule says", 0)
            self._tree.check(tree, row.path)
        except BadRequest as error:
            raise Mistake(error.message, offset + spelled.place(error.at)) from None
        except Mistake as mistake:
            raise Mistake(str(mistake), offset + spelled.place(mistake.at)) from None
        return tree

    def _identifier(self, rule: str, text: str) -> Any:
        name = self.word("odataidentifier", text)
        if not self._declared.allows(rule, text):
            raise Mistake(f"{text[:60]!r} is not declared", 0)
        return name

    def _rest_of_path(self, rule: str, text: str) -> tuple[Step, ...]:
        """How a path in an expression goes on: ``/any(x:x gt 5)``."""
        spelled = Spelled.of("x" + text)
        try:
            tree = StrictReading(TREES, WORDS, spelled).read("expression", spelled.text, "the text")
            if not isinstance(tree, Path) or len(tree.steps) < 2:
                raise Mistake("expected a path that goes on", 1)
            self._declared.check_path(rule, tree.steps[1:], len(text))
        except BadRequest as error:
            raise Mistake(error.message, spelled.place(error.at) - 1) from None
        return tree.steps[1:]

    def word(self, key: str, text: str, offset: int = 0) -> Any:
        grammar, start = _WORD_RULES[key]
        try:
            value = grammar.read(start, text, _all, target="the text")
        except BadRequest as error:
            raise Mistake(error.message, offset + (error.at or 0)) from None
        self._check_word(key, text)
        return value

    def _check_word(self, key: str, text: str) -> None:
        name = text.partition("=")[0]
        if key == "customqueryoption" and not self._declared.allows("customName", name):
            raise Mistake(f"there is no option {name!r}", 0)
        if key == "enumliteral" and "." in text.partition("'")[0]:
            prefix, _, members = text.partition("'")
            self._tree.check(EnumLiteral(prefix, Spelled.of(members[:-1]).text, text, 0))

    def path(self, text: str, rule: str = "resourcePath", offset: int = 0) -> tuple[Segment, ...]:
        """A path; one that begins with a slash or a parenthesis goes on from a name that is left out."""
        goes_on = rule != "resourcePath" and (text[:1] in ("/", "(") or text.startswith("%28"))
        path: list[Segment] = []
        at = offset
        for raw in raw_segments("x" + text if goes_on else text):
            path += self._segment(raw, at)
            at += len(raw) + 1
        if goes_on:
            path = path[1:] if path[0].arguments is None else [Segment("", path[0].arguments, 0), *path[1:]]
        self._tree.resource(path, rule, offset + len(text))
        return tuple(path)

    def _segment(self, raw: str, at: int) -> list[Segment]:
        spelled = Spelled.of(raw)
        if not is_call(spelled.text):
            if not _PATH_CHARACTERS.fullmatch(raw) or (spelled.text[0] == "$" != raw[0]):
                raise Mistake("this is no segment of a path", at)
            return [Segment(spelled.text, None, at)]
        try:
            segments: list[Segment] = StrictReading(TREES, WORDS, spelled).read("segment", spelled.text, "the text")
        except BadRequest as error:
            raise Mistake(error.message, at + spelled.place(error.at)) from None
        return [Segment(each.name, each.arguments, at + spelled.place(each.at)) for each in segments]

    def query_options(self, text: str, allowed: Iterable[str] | None = None, offset: int = 0) -> list[Any]:
        """Options joined by ``&``; ``allowed`` are the system options where only some are."""
        values = []
        for piece in text.split("&"):
            values.append(self.query_option(piece, allowed, offset))
            offset += len(piece) + 1
        return values

    def query_option(self, piece: str, allowed: Iterable[str] | None = None, offset: int = 0) -> Any:
        name = piece.partition("=")[0]
        option = name.lower().removeprefix("$")
        if option in _OPTIONS and (allowed is None or option in allowed):
            try:
                return self._option(_OPTIONS[option], piece, offset)
            except Mistake:
                if name.startswith("$") or not self._declared.allows("customName", name):
                    raise
        if name.startswith(("@", "%40")) and allowed is None:
            return self.tree(TREE_RULES["aliasAndValue"], piece, offset)
        if "=" in piece and allowed is None and self._is_parameter(name):
            return name, self.tree(TREE_RULES["parameterValue"], piece[len(name) + 1 :], offset + len(name) + 1)
        if not self._declared.allows("customName", name):
            raise Mistake(f"there is no option {name[:60]!r}", offset + len(name))
        return self.word("customqueryoption", piece, offset)

    def _is_parameter(self, name: str) -> bool:
        return name.isidentifier() and self._declared.allows("parameterName", name)

    def _option(self, rule: str, piece: str, offset: int) -> Any:
        row = TREE_RULES.get(rule)
        return self.tree(row, piece, offset) if row else self.word(_key(rule), piece, offset)

    def context(self, text: str, start: str = "context", offset: int = 0) -> Any:
        try:
            steps = CONTEXT.read(start, text, _all, target="the text")
        except BadRequest as error:
            raise Mistake(error.message, offset + (error.at or 0)) from None
        try:
            if start == "select_list":
                self._tree.context((steps,), "[select]")
            else:
                self._tree.context(steps)
        except Mistake as mistake:
            raise Mistake(str(mistake), offset + mistake.at) from None
        return steps

    def relative_uri(self, text: str) -> Any:
        if text.startswith("$metadata"):
            return self._metadata(text)
        path, question, query = text.partition("?")
        if path == "$batch":
            return self.query_options(query, ("format",), len(path) + 1) if question else []
        if path == "$entity" or path.startswith("$entity/"):
            return self._entity(path, query)
        value = self.path(path)
        return value, self.query_options(query, offset=len(path) + 1) if query else []

    def _metadata(self, text: str) -> Any:
        rest, hash_sign, fragment = text.removeprefix("$metadata").partition("#")
        start = len("$metadata")
        if rest[:1] not in ("", "?"):
            raise Mistake("expected ? or #", start)
        options = self.query_options(rest[1:], ("format",), start + 1) if rest else []
        return options, self.context("#" + fragment, offset=start + len(rest)) if hash_sign else None

    def _entity(self, path: str, query: str) -> Any:
        cast = path.removeprefix("$entity").removeprefix("/")
        if cast and not self._declared.allows_qualified("entityTypeName", cast):
            raise Mistake(f"there is no type {cast!r}", len("$entity/"))
        allowed = ("id", "format", "expand", "select") if cast else ("id", "format")
        return self.entity_options(query, allowed, len(path) + 1)

    def entity_options(self, text: str, allowed: Iterable[str], offset: int = 0) -> list[Any]:
        options = self.query_options(text, allowed, offset)
        if not re.search(r"(?:^|&)\$?id=", text, re.IGNORECASE):
            raise Mistake("$id is missing", offset + len(text))
        return options

    def uri(self, text: str) -> Any:
        """Where the service root ends is not written: the longest root whose rest fits is it."""
        last = re.split("[?#]", text)[0]
        stop: Mistake | None = None
        for end in [slash.end() for slash in re.finditer("/", last)][:1:-1]:
            try:
                root = self.word("serviceroot", text[:end])
                return root, self.relative_uri(text[end:]) if end < len(text) else None
            except Mistake as mistake:
                stop = stop or Mistake(str(mistake), end + mistake.at)
        raise stop or Mistake("an absolute URI begins with https:// and a host", 0)


_COMPOSED: dict[str, Callable[[AbnfReader, str], Any]] = {
    "odatauri": AbnfReader.uri,
    "odatarelativeuri": AbnfReader.relative_uri,
    "resourcepath": AbnfReader.path,
    "queryoptions": AbnfReader.query_options,
    "queryoption": AbnfReader.query_option,
    "systemqueryoption": lambda reader, text: reader.query_option(text),
    "nameandvalue": lambda reader, text: reader.query_option(text),
    "entityoptions": lambda reader, text: reader.entity_options(text, ("id", "format")),
    "entitycastoptions": lambda reader, text: reader.entity_options(text, ("id", "format", "expand", "select")),
    "batchoptions": lambda reader, text: reader.query_options(text, ("format",)),
    "metadataoptions": lambda reader, text: reader.query_options(text, ("format",)),
    "context": AbnfReader.context,
    "contextfragment": lambda reader, text: reader.context(text, "context_fragment"),
    "selectlist": lambda reader, text: reader.context(text, "select_list"),
}
