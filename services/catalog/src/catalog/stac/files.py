"""Facts about objects that we hold."""

import asyncio
import hashlib
import tempfile
from pathlib import Path

from catalog.stac.facts import StoredFile
from kit.storage import Storage


async def stored(storage: Storage, key: str) -> StoredFile:
    """Size and digest of the object as it lies in the store."""
    with tempfile.NamedTemporaryFile() as file:
        await storage.download(key, file.name)
        return StoredFile(storage.uri(key), *await asyncio.to_thread(_measured, Path(file.name)))


def _measured(path: Path) -> tuple[int, str]:
    with path.open("rb") as content:
        return path.stat().st_size, hashlib.file_digest(content, "sha256").hexdigest()
