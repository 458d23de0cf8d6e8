"""Packs a dataset into one file."""

import asyncio
import hashlib
import tempfile
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from kit.storage.object_storage import Storage

CHUNK = 8
_EPOCH = (1980, 1, 1, 0, 0, 0)


async def archive(
    storage: Storage, chips: list[str], drawn: dict[str, bytes], key: str,
    progress: Callable[[int, int], Awaitable[None]],
) -> tuple[int, str]:  # fmt: skip
    """Writes `chips/…` and the GeoJSON files `labels/<name>.geojson` as a zip at `key`. Returns its size in bytes and
    its SHA-256.

    The same content gives the same bytes: names are sorted and times are constant.
    """
    with tempfile.TemporaryDirectory(prefix="fairway-") as folder:
        path = Path(folder) / "dataset.zip"
        with zipfile.ZipFile(path, "w") as target:
            for name in sorted(drawn):
                _add(target, f"labels/{name}.geojson", drawn[name], zipfile.ZIP_DEFLATED)
            names = sorted(chips)
            for start in range(0, len(names), CHUNK):
                part = names[start : start + CHUNK]
                for name, content in zip(part, await asyncio.gather(*map(storage.get, part)), strict=True):
                    _add(target, f"chips/{name.rpartition('/')[2]}", content, zipfile.ZIP_STORED)
                await progress(start + len(part), len(names))
        await storage.upload(str(path), key, "application/zip")
        return path.stat().st_size, await asyncio.to_thread(_digest, path)


def _add(target: zipfile.ZipFile, name: str, content: bytes, method: int) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type, entry.external_attr = method, 0o644 << 16
    target.writestr(entry, content)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
