"""Content codings (RFC 9110, Content Codings): answers that are sent compressed, and bodies that come so."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import Any, Protocol
from wsgiref.types import StartResponse, WSGIEnvironment

from odata_service.config import ConfigurationError, Settings
from odata_service.errors import BadRequest, UnsupportedMediaType
from odata_service.values import mutable
from odata_service.web.wsgi import Application, Fields, Layer, merged

try:
    import zstandard
except ImportError:  # it comes with the extra ``zstd``
    zstandard = None  # type: ignore[assignment]

LEAST_BYTES = 1024  # less than that is one packet anyway
AT_ONCE = 1024 * 1024  # bytes of an answer that are compressed before it begins, so that its length is known
GZIP_LEVEL, ZSTD_LEVEL = 5, 3
MOST_MEMORY = 8 * 1024 * 1024  # bytes that a body in zstd may ask us to keep at hand (RFC 9659)
_EITHER_ZLIB_OR_GZIP, _GZIP = 47, 31  # zlib's window bits
_TEXTS = ("text/", "application/json", "application/xml", "application/atom", "application/javascript", "image/svg")
_AS_IT_IS = ("text/event-stream",)  # whoever waits for an event wants it now


class Compressor(Protocol):
    def compress(self, piece: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def _gzip() -> Compressor:
    return zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP)


def _zstd() -> Compressor:
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj()


COMPRESSORS: dict[str, Callable[[], Compressor]] = {"gzip": _gzip, "zstd": _zstd}


def compressing(settings: Settings) -> Iterator[Layer]:
    """What compresses answers, by the codings that the settings name, the first that a client knows."""
    unknown = set(settings.compress) - COMPRESSORS.keys()
    if unknown:
        raise ConfigurationError(f"compress: there is no coding {unknown.pop()!r}; there are {', '.join(COMPRESSORS)}")
    if "zstd" in settings.compress and zstandard is None:
        raise ConfigurationError("compress: zstd needs zstandard; pip install 'odata-service[zstd]' brings it")
    if settings.compress:
        yield partial(_compressed, settings.compress)


def _compressed(codings: tuple[str, ...], app: Application) -> Application:
    def compressed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        heads: list[tuple[str, Fields]] = []

        def start(status: str, headers: Fields, _exc_info: Any = None) -> Any:
            heads.append((status, headers))

        pieces = app(environ, start)
        status, headers = heads[-1]
        if not _is_worth_it(environ["REQUEST_METHOD"], status, headers):
            start_response(status, headers)
            return pieces
        headers = merged(headers, [("Vary", "Accept-Encoding")])  # whatever this client knows
        coding = chosen(codings, environ.get("HTTP_ACCEPT_ENCODING", ""))
        if coding is None:
            start_response(status, headers)
            return pieces
        return _coded(coding, pieces, partial(start_response, status), headers)

    return compressed


def _is_worth_it(method: str, status: str, headers: Fields) -> bool:
    """Texts of some length, unless their ETag says that they are the same to the byte: compressed they would be others
    (RFC 9110, Strong versus Weak), and a client that sends a weakened one back with ``If-Match`` would be refused.

    >>> json = [("Content-Type", "application/json"), ("Content-Length", "5000")]
    >>> _is_worth_it("GET", "200 OK", json), _is_worth_it("GET", "200 OK", [*json, ("ETag", '"1"')])
    (True, False)
    """
    said = {name.lower(): value for name, value in headers}
    kind = said.get("content-type", "")
    return (
        method != "HEAD"
        and status[:3] not in ("204", "206", "304")
        and kind.startswith((*_TEXTS, "multipart/mixed"))
        and not kind.startswith(_AS_IT_IS)
        and int(said.get("content-length", LEAST_BYTES)) >= LEAST_BYTES
        and said.get("etag", "W/").startswith("W/")
        and "content-encoding" not in said
        and "no-transform" not in said.get("cache-control", "")
    )


@lru_cache(maxsize=256)
def chosen(codings: tuple[str, ...], accept: str) -> str | None:
    """The first of ours that a client takes.

    >>> chosen(("zstd", "gzip"), "gzip, deflate, br, zstd"), chosen(("zstd", "gzip"), "gzip;q=0.5, zstd;q=0")
    ('zstd', 'gzip')
    >>> chosen(("gzip",), "*"), chosen(("gzip",), "*, gzip;q=0.000"), chosen(("gzip",), "identity"), chosen(("gzip",), "")
    ('gzip', None, None, None)
    """
    said = {}
    for each in accept.lower().split(","):
        name, *parameters = (part.strip() for part in each.split(";"))
        weights = [part[2:] for part in parameters if part.startswith("q=")]
        said[name] = not any(weight.strip("0.") == "" for weight in weights)
    return next((coding for coding in codings if said.get(coding, said.get("*", False))), None)


def _coded(coding: str, pieces: Iterable[bytes], start: Callable[[Fields], object], headers: Fields) -> Iterable[bytes]:
    kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
    kept.append(("Content-Encoding", coding))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), AT_ONCE + 1)
    coded = _Coded(pieces, COMPRESSORS[coding]())
    if length > AT_ONCE:
        start(kept)
        return coded
    try:
        body = b"".join(coded)
    finally:
        coded.close()
    start([*kept, ("Content-Length", str(len(body)))])
    return (body,)


@mutable
class _Coded:
    """An answer, compressed while it is sent."""

    pieces: Iterable[bytes]
    compressor: Compressor

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if coded := self.compressor.compress(piece):
                yield coded
        yield self.compressor.flush()

    def close(self) -> None:
        close = getattr(self.pieces, "close", None)  # WSGI: where it has one
        if close is not None:
            close()


def decoded(body: bytes, coding: str, most: int) -> bytes:
    """A body as it was before it was compressed, cut after ``most`` bytes: what is longer is refused, and never unpacked.

    >>> decoded(zlib.compress(b"x" * 1000), "deflate", 5), decoded(b"as it is", "identity", 5)
    (b'xxxxx', b'as it is')
    """
    read = _READERS.get(coding.strip().lower())
    if read is None:
        known = ", ".join(name for name in _READERS if name != "identity")
        error = UnsupportedMediaType(
            "UnknownCoding", f"bodies may be in {known}, not in {coding[:50]!r}", target="Content-Encoding"
        )
        error.headers = {"Accept-Encoding": known}  # RFC 9110, Accept-Encoding, in a response
        raise error
    try:
        return read(body, most)
    except _BROKEN:
        raise BadRequest("BadBody", f"the body is not whole, or not in {coding}", target="Content-Encoding") from None


def _inflated(body: bytes, most: int) -> bytes:
    found = bytearray()
    while body and len(found) < most:  # gzip may be several, one after another
        inflate = zlib.decompressobj(_EITHER_ZLIB_OR_GZIP)
        found += inflate.decompress(body, most - len(found))
        if not inflate.eof and len(found) < most:
            raise EOFError
        body = inflate.unused_data
    return bytes(found)


def _unpacked_zstd(body: bytes, most: int) -> bytes:
    """The reader knows a limit, and says nothing of an end that is missing; the other way round for what unpacks at once."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=MOST_MEMORY)
    found: bytes = unpacker.stream_reader(io.BytesIO(body), read_across_frames=True).read(most)
    while body and len(found) < most:
        frame = unpacker.decompressobj()
        frame.decompress(body)
        if not frame.eof:
            raise EOFError
        body = frame.unused_data
    return found


def _as_it_is(body: bytes, _most: int) -> bytes:
    return body


_READERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _inflated,
    "x-gzip": _inflated,
    "deflate": _inflated,
    "identity": _as_it_is,
}
_BROKEN: tuple[type[Exception], ...] = (zlib.error, EOFError)
if zstandard is not None:
    _READERS["zstd"] = _unpacked_zstd
    _BROKEN = (*_BROKEN, zstandard.ZstdError)
