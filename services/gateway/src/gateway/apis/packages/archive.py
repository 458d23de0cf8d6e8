"""One zip file of a package: streamed, uncompressed, so that its length is known before its first byte."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any

import orjson
from anyio import from_thread
from fastapi import Query
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from zipstream.ng import ZipStream

from contracts.catalog.packages import GetPackageFile, PackageFile, PackageMember
from gateway.http.files.stored_files import ClosingStream, chunks_of
from gateway.http.queries import answer
from kit.errors import Forbidden, Unavailable

LIFETIME = timedelta(hours=24)
MANIFEST = "manifest.json"
UNKNOWN = "0" * 64
"""Stands for a SHA-256 that is computed while its file is sent, so that the manifest has its length before."""
FILE_WAIT = 10.0
ZIP: dict[int | str, dict[str, Any]] = {200: {
    "description": "The archive", "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
}}  # fmt: skip
Token = Annotated[str, Query(max_length=2048, examples=["from-the-download-route"])]


@dataclass(frozen=True)
class Link:
    """What a signed link gives: a package, and those of its processors; none stands for all."""

    package: str
    processors: tuple[str, ...]

    def signed(self, secret: str) -> tuple[str, datetime]:
        """Returns the token of the link and when it expires."""
        token = _serializer(secret).dumps([self.package, *self.processors])
        return str(token), datetime.now(UTC) + LIFETIME

    @classmethod
    def opened(cls, package: str, token: str, secret: str) -> "Link":
        """Raises Forbidden for a token of another package, a changed one, and one whose time is over."""
        try:
            name, *processors = _serializer(secret).loads(token, max_age=int(LIFETIME.total_seconds()))
        except (BadSignature, ValueError):
            name, processors = None, []
        if name != package:
            raise Forbidden("link_expired", "The link is not valid, or its time is over. Ask for a new one.")
        return cls(package, tuple(processors))


def size(package: str, processors: Sequence[str], members: Sequence[PackageMember]) -> int:
    """Returns the bytes of the archive."""
    return len(_zip(package, processors, members, lambda _: iter(())))


def response(request: Request, link: Link, members: Sequence[PackageMember]) -> Response:
    """The stream breaks off when a file is not the one that was announced, as after a new run of its processor."""
    parts = _zip(link.package, link.processors, members, partial(_content, request, link.package))
    headers = {
        "content-length": str(len(parts)), "content-disposition": f'attachment; filename="{link.package}.zip"',
        "cache-control": "no-store",
    }  # fmt: skip
    if request.method == "HEAD":
        return Response(headers=headers, media_type="application/zip")
    return ClosingStream(iterate_in_threadpool(iter(parts)), headers=headers, media_type="application/zip")


def _serializer(secret: str) -> URLSafeTimedSerializer:
    keyed = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(secret, salt="packages.archive", signer_kwargs=keyed)


def _zip(package: str, processors: Sequence[str], members: Sequence[PackageMember], read: Any) -> ZipStream:
    sums = {member.path: member.sha256 or UNKNOWN for member in members}
    parts = ZipStream(sized=True)
    for member in members:
        content = _checked(member, read, sums)
        parts.add(content, f"{package}/{member.path}", size=member.bytes)
    manifest = partial(_manifest, package, processors, members, sums)
    parts.add(_late(manifest), f"{package}/{MANIFEST}", size=len(manifest()))
    return parts


def _checked(member: PackageMember, read: Any, sums: dict[str, str]) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in read(member.path):
        digest.update(piece)
        yield piece
    if member.sha256 not in ("", digest.hexdigest()):
        raise Unavailable("file_changed", f"{member.path} is not the file that was announced.")
    sums[member.path] = digest.hexdigest()


def _late(manifest: Any) -> Iterator[bytes]:
    """The manifest, written after all other files have been read."""
    yield manifest()


def _manifest(
    package: str, processors: Sequence[str], members: Sequence[PackageMember], sums: dict[str, str]
) -> bytes:  # fmt: skip
    files = [{"path": one.path, "bytes": one.bytes, "sha256": sums[one.path]} for one in members]
    body = {"package": package, "processors": list(processors), "files": files}
    return orjson.dumps(body, option=orjson.OPT_INDENT_2) + b"\n"


def _content(request: Request, package: str, path: str) -> Iterator[bytes]:
    """Asks for the address of each file when its turn has come, since addresses of an object store expire."""
    query = GetPackageFile(path=f"{package}/{path}")
    found = PackageFile.model_validate_json(from_thread.run(answer, request, query, FILE_WAIT))
    chunks = from_thread.run(chunks_of, found)
    try:
        while piece := from_thread.run(anext, chunks, b""):
            yield piece
    finally:
        from_thread.run(chunks.aclose)
