"""The expected kind of a response. Its first bytes decide, because servers label files arbitrarily (tiles in a bucket
are `application/octet-stream`, web pages of proxies `image/png`)."""

from dataclasses import dataclass

from kit.http.outbound.errors import OutboundError

MIB = 1 << 20
BLANK = b"\xef\xbb\xbf \t\r\n"
WEB_PAGE = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<!--")


@dataclass(frozen=True)
class Media:
    """`starts` are the first bytes of its kinds; without any, everything passes. `cap` is the default limit of the body
    in bytes."""

    starts: tuple[bytes, ...]
    cap: int

    def check(self, content: bytes) -> None:
        """Raises OutboundError `empty`, `web_page` or `wrong_content` when the content is not of this kind."""
        text = content[:256].lstrip(BLANK)
        if not self.starts or text.startswith(self.starts):
            return
        if not text:
            raise OutboundError("empty")
        raise OutboundError("web_page" if text.lower().startswith(WEB_PAGE) else "wrong_content")


IMAGE = Media((b"\x89PNG\r\n", b"\xff\xd8\xff", b"RIFF"), 5 * MIB)
JSON = Media((b"{", b"["), 2 * MIB)
ZIP = Media((b"PK",), 64 * MIB)
ANY = Media((), 2 * MIB)
NOTHING = Media((), 0)
"""For a body that is not read."""
