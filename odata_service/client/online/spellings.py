"""Which version a service speaks."""

from __future__ import annotations

from collections.abc import Mapping

from odata_service.edm.primitive import PrimitiveType

from .failure import NotUnderstood
from .metadata import attribute, document
from .metadata_v2 import PRIMITIVES_V2
from .metadata_v4 import PRIMITIVES_V4
from .model import Model
from .spelling import Spelling
from .spelling_v2 import SpellingV2
from .spelling_v4 import SpellingV4

PRIMITIVES: Mapping[str, PrimitiveType] = {**PRIMITIVES_V2, **PRIMITIVES_V4}


def learned(content: bytes) -> tuple[Spelling, Model]:
    """What a service speaks, and what it says of itself."""
    spelling = spelling_of(content)
    try:
        return spelling, spelling.read_metadata(content)
    except (KeyError, ValueError, StopIteration) as error:
        raise NotUnderstood(f"$metadata contradicts itself: {error!r}") from error


def spelling_of(metadata: bytes) -> Spelling:
    """``Edmx`` says 4.0 or 4.01; what is older says 1.0.

    >>> type(spelling_of(b'<Edmx Version="4.0"/>')).__name__, type(spelling_of(b'<Edmx Version="1.0"/>')).__name__
    ('SpellingV4', 'SpellingV2')
    """
    version = attribute(document(metadata), "Version") or ""
    return SpellingV4() if version.startswith("4") else SpellingV2()
