"""Requests as they may stand in a log: with the names of the model and of the language, and no value.

Only what is known stays, because a name is no secret; anything else, whatever it is, becomes ``?``. ::

    /v4/People(?)/Addresses?$filter=City eq ? and startswith(Street,?)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, unquote_plus

from odata_service.edm.model import EntityModel
from odata_service.functions import FUNCTIONS
from odata_service.values import frozen

OTHER = "other"
_TOKENS = re.compile(r"(?:\w*'(?:[^']|'')*(?:'|$))|(?:\"[^\"]*(?:\"|$))|\$?\w+(?:[.-]\w+)*|[^\w'\"]", re.UNICODE)
_PLACES = ("$skiptoken", "$deltatoken", "$search", "search")  # nothing in them is a name
_WORDS = """
    $metadata $batch $count $value $ref $links $entity $all $crossjoin $each $filter $changes $async $query $it $root $this $levels
    $select $expand $orderby $top $skip $format $inlinecount $search $compute $apply $skiptoken $deltatoken $id $schemaversion $index
    and or not eq ne lt le gt ge add sub mul div divby mod in has asc desc any all null true false isof cast aggregate groupby filter
    compute with as sum min max average countdistinct topcount json atom xml csv xlsx allpages none tables v2 v4 sync app client pull
    push live ready metrics includedeleted
""".split()


@frozen
class Names:
    """What may be told, by its small letters."""

    known: Mapping[str, str]

    @classmethod
    def of(cls, model: EntityModel, roots: Mapping[str, str]) -> Names:
        segments = (part for root in roots for part in root.strip("/").split("/"))
        names = [*_WORDS, *(function.name for function in FUNCTIONS), *_names(model), *segments]
        return cls({name.lower(): name for name in names})

    def set_of(self, target: str) -> str:
        """What a request is about, in a word of the model; of the rest nobody can make new ones.

        >>> names = Names({"people": "People", "$batch": "$batch"})
        >>> [names.set_of(target) for target in ("/People('x')/Name", "PEOPLE", "$batch", "wp-admin", "")]
        ['People', 'People', '$batch', 'other', '']
        """
        first = re.split(r"[/(]", unquote(target).strip("/"), maxsplit=1)[0]
        return self.known.get(first.lower(), OTHER) if first else ""

    def path(self, text: str) -> str:
        """
        >>> Names({"people": "People", "v4": "v4"}).path("/v4/People(12)/Ada%20L/O'Neil")
        '/v4/People(?)/?/?'
        """
        return "/".join(self._told(unquote(segment)) if segment else "" for segment in text.split("/"))

    def query(self, text: str) -> str:
        """
        >>> Names({"name": "Name", "eq": "eq", "$filter": "$filter"}).query("$filter=Name+eq+'O''Neil'&tenant=7&$skiptoken=Name")
        '$filter=Name eq ?&?=?&?=?'
        """
        return "&".join(self._option(option) for option in text.split("&")) if text else ""

    def _option(self, option: str) -> str:
        name, equals, value = unquote_plus(option).partition("=")
        told = self._told(name)
        return f"{told}{equals}{'?' if name.lower() in _PLACES and value else self._told(value)}"

    def _told(self, text: str) -> str:
        kept = "".join(
            token if token.lower() in self.known or _is_mark(token) else "?" for token in _TOKENS.findall(text)
        )
        return re.sub(r"\?[ .@?\-]*\?", "?", kept)


def _is_mark(token: str) -> bool:
    return len(token) == 1 and token in "()/,;:=$*@+-.&! "


def _names(model: EntityModel) -> Iterator[str]:
    yield from model.sets
    yield from (each.name for each in model.operations)
    for kind in model.types.values():
        yield from (
            kind.name,
            kind.full_name,
            *kind.properties,
            *kind.navigation,
            *kind.complex,
            *kind.collections,
            *kind.streams,
        )
        for structure in kind.complex.values():
            yield from (member.name for member in structure.members)
