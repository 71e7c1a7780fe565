"""How literals are cut out of a raw URL: in one pass of a regular expression per protocol, without parsing."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from odata_service.values import frozen


@frozen
class Shape:
    """``People?$filter=Age gt ⟨int32⟩`` with the texts ``("21",)``, in the order of ``Syntax.literals``."""

    key: str
    texts: tuple[str, ...]
    skip_token: str | None


# Every pattern begins with a class of characters, which lets the regular expression skip all others quickly; what
# follows looks back at that character.
INSIDE_QUOTES = "[^'&%]*+(?:(?:%(?!27)[0-9A-Fa-f][0-9A-Fa-f]|(?:'|%27)(?:'|%27))[^'&%]*+)*+(?:'|%27)"
STRING = f"(?:(?<=')|(?<=%)27){INSIDE_QUOTES}"
EXPONENT = "(?:[eE](?:[+-]|%2[bB])?\\d+)?"
# What needs no encoding and is encoded all the same could hide a literal or the name of an option.
HIDDEN = "3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[fF]|2[dDeE]"  # after a percent sign

_SIGNS = ("%0", "%2", "%3")  # how a blank is written, or a parenthesis: nothing of a name


def _is_unicode(text: str) -> bool:
    """Half a surrogate pair is no text; the parser says so."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


@frozen
class Scissors:
    """The patterns of a protocol. ``in_query`` also takes whole options that are kept as they are, from their ``&`` on."""

    in_path: re.Pattern[str]
    call: re.Pattern[str]  # a segment whose parentheses hold literals
    in_query: re.Pattern[str]
    without_hyphen: re.Pattern[str]  # the same, faster, for a query without a hyphen and so without Guids
    unsafe: re.Pattern[str]  # where a URL has this, a literal may hide
    nested: re.Pattern[str] | None  # the same for a search inside parentheses, in lower case
    skip_token: re.Pattern[str]
    prefix: Callable[[str], str]  # of the literal whose quote comes next, from the text before it
    marker: Callable[[str], str]
    plus_is_blank: Callable[[str], bool]

    def shape(self, target: str, query: str) -> Shape | None:
        url = f"{target}?{query}"
        if not _is_unicode(url):
            return None
        if "⟨" in url or "?" in target or self.unsafe.search(url):
            return None
        if self.nested and "search" in (lower := url.lower()) and self.nested.search(lower):
            return None
        texts: list[str] = []
        path = target if "(" not in target and "%28" not in target else self._cut_path(target, texts)
        if path is None:
            return None
        if not query:
            return Shape(path, tuple(texts), None)
        return self._cut_query(path, query, texts)

    def _cut_query(self, path: str, query: str, texts: list[str]) -> Shape | None:
        pieces = [path, "?"]
        skip_token = None
        plus = "+" in query and self.plus_is_blank(query)
        parts = (self.in_query if "-" in query else self.without_hyphen).split("&" + query)
        for index in range(1, len(parts), 2):
            before, found = parts[index - 1], parts[index]
            pieces.append(before)
            if found[0] != "&":
                text = self._text(before, found.replace("+", " ") if plus else found, plus)
                if text is None:
                    return None
                texts.append(text)
                pieces.append(self.marker(text))
            elif self.skip_token.match(found):
                name, _, token = found.partition("=")
                skip_token = unquote(token.replace("+", " ") if plus else token)
                pieces.append(name + "=")
            else:
                pieces.append(found)
        pieces.append(parts[-1])
        key = "".join(pieces)
        return None if "%2B" in key or "%2b" in key else Shape(key, tuple(texts), skip_token)

    def _cut_path(self, target: str, texts: list[str]) -> str | None:
        segments = target.split("/")
        for index, segment in enumerate(segments):
            if "(" in segment or "%28" in segment:
                if not self.call.match(segment):
                    return None
                parts = self.in_path.split(segment)
                for place in range(1, len(parts), 2):
                    text = self._text(parts[place - 1], parts[place], False)
                    if text is None:
                        return None
                    texts.append(text)
                    parts[place] = self.marker(text)
                segments[index] = "".join(parts)
        path = "/".join(segments)
        return None if "%2B" in path or "%2b" in path else path

    def _text(self, before: str, found: str, plus: bool) -> str | None:
        """The literal as the parser sees it: decoded, with what stands before its quote."""
        if "%" in found:
            found = found.replace("%27", "'")
            found = unquote(found, errors="surrogateescape") if "%" in found else found
            if not _is_unicode(found):
                return None
        last = before[-1:]
        if found[0] == "'":
            is_name = (last.isalnum() or last == "_") and before[-3:-1] not in _SIGNS
            return self.prefix(before) + found if is_name else found
        return None if last == "+" and not plus else found  # a sign that was not cut with its number
