"""Size and digest of stored objects."""

import asyncio
import hashlib
import tempfile
from pathlib import Path

from catalog.stac.item_inputs import StoredFile
from kit.storage.port import ObjectStore


async def measure_object(storage: ObjectStore, key: str) -> StoredFile:
    """Returns size and SHA-256 of the stored object."""
    with tempfile.NamedTemporaryFile() as file:
        await storage.download(key, file.name)
        return StoredFile(storage.uri(key), *await asyncio.to_thread(_measured, Path(file.name)))


def _measured(path: Path) -> tuple[int, str]:
    with path.open("rb") as content:
        return path.stat().st_size, hashlib.file_digest(content, "sha256").hexdigest()
