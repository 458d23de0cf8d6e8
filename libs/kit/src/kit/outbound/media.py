"""What an answer must be: by its declared type and by its first bytes, both."""

from dataclasses import dataclass

from kit.outbound.errors import OutboundError

MIB = 1 << 20


@dataclass(frozen=True)
class Media:
    """`types` are prefixes of accepted Content-Types; empty tuples check nothing. `cap` is a default limit in bytes."""

    types: tuple[str, ...]
    magic: tuple[bytes, ...]
    cap: int

    def check_type(self, content_type: str) -> None:
        if self.types and not content_type.lower().startswith(self.types):
            raise OutboundError("wrong_content")

    def check_bytes(self, content: bytes) -> None:
        if self.magic and not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(self.magic):
            raise OutboundError("wrong_content")


IMAGE = Media(
    ("image/png", "image/jpeg", "image/jpg", "image/webp"), (b"\x89PNG\r\n", b"\xff\xd8\xff", b"RIFF"), 5 * MIB
)
JSON = Media(("application/json", "application/geo+json", "application/vnd.", "text/plain"), (b"{", b"["), 2 * MIB)
ZIP = Media(
    ("application/zip", "application/x-zip", "application/octet-stream", "binary/octet-stream"), (b"PK",), 64 * MIB
)
ANY = Media((), (), 2 * MIB)
NOTHING = Media((), (), 0)
"""Of a body that nobody reads."""
