"""Files to begin with: a picture, a document and the shop's logo, made here so that their sizes are what they should be."""

from __future__ import annotations

import struct
import zlib

PNG = b"\x89PNG\r\n\x1a\n"
ONE_GREY_PIXEL = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)


def image(size: int) -> bytes:
    """A PNG of one pixel that is ``size`` bytes long; what is missing is a comment in it.

    >>> len(image(1024)), image(1024)[:4]
    (1024, b'\\x89PNG')
    """
    before = PNG + _chunk(b"IHDR", ONE_GREY_PIXEL)
    after = _chunk(b"IDAT", zlib.compress(b"\x00\x80")) + _chunk(b"IEND", b"")
    comment = b"Comment\x00".ljust(size - len(before) - len(after) - len(_chunk(b"tEXt", b"")), b" ")
    return before + _chunk(b"tEXt", comment) + after


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def document(size: int) -> bytes:
    """A PDF of one empty page that is ``size`` bytes long; readers find its parts without a table of where they are.

    >>> len(document(2048)), document(2048)[:8]
    (2048, b'%PDF-1.4')
    """
    before = (
        b"%PDF-1.4\n"
        b"1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n"
        b"2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n"
        b"3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 200 200]>> endobj\n"
    )
    after = b"\ntrailer <</Root 1 0 R>>\n%%EOF\n"
    return before + b"%".ljust(size - len(before) - len(after), b" ") + after


def logo() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3"/></svg>'
