"""Copies the files of a base model into our object store."""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from catalog.models.jobs.onnx_check import onnx_problem
from catalog.stac.model_items import weights_file
from catalog.stac.validate import refuse
from catalog.stac.vocabulary import SHA2_256
from kit.http.outbound import Outbound, OutboundError
from kit.process.subprocess_errors import SubprocessError
from kit.process.subprocesses import run_in_subprocess
from kit.storage.object_storage import Storage

WEIGHTS = ("checkpoint", "model")
MAX_BYTES = 1 << 30
DOWNLOAD_TIMEOUT = 900.0
ONNX_CHECK_TIMEOUT = 120.0


class Unreachable(Exception):
    """An address does not answer now; a retry may help."""


async def check_addresses(item: dict[str, Any], outbound: Outbound) -> None:
    """Raises Unprocessable unless both weights have addresses that answer HEAD."""
    missing = [name for name in WEIGHTS if name not in item["assets"]]
    refuse(f"assets: {name} is missing" for name in missing)
    for name in WEIGHTS:
        try:
            await outbound.head(item["assets"][name]["href"])
        except OutboundError as error:
            _raise_for(name, error)


async def import_weights(item: dict[str, Any], version: int, outbound: Outbound, storage: Storage) -> dict[str, Any]:
    """Returns the item with `checkpoint` and `model` in our object store: `base-models/<id>/v<version>/<asset>/<file
    name>`."""
    assets = dict(item["assets"])
    for name in WEIGHTS:
        href = assets[name]["href"]
        content = await _content(name, href, outbound)
        digest = SHA2_256 + hashlib.sha256(content).hexdigest()
        refuse(_other_file(name, assets[name].get("file:checksum", ""), digest))
        if name == "model":
            await _check_onnx(content)
        key = f"base-models/{item['id']}/v{version}/{name}/{PurePosixPath(urlsplit(href).path).name or name}"
        await storage.put(key, content, weights_file(assets[name])[1])
        assets[name] = {**assets[name], "href": storage.uri(key), "file:size": len(content), "file:checksum": digest}
    return {**item, "assets": assets}


def _other_file(name: str, declared: str, digest: str) -> Iterator[str]:
    """A hash of another algorithm than SHA-256 is not compared."""
    if declared.startswith(SHA2_256) and declared != digest:
        yield f"assets.{name}: the file at this address has another hash than file:checksum says"


async def _content(name: str, href: str, outbound: Outbound) -> bytes:
    try:
        return (await outbound.get(href, cap=MAX_BYTES, total=DOWNLOAD_TIMEOUT)).content
    except OutboundError as error:
        _raise_for(name, error)
        raise


async def _check_onnx(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        file.write_bytes(content)
        try:
            problem = await run_in_subprocess(onnx_problem, str(file), timeout=ONNX_CHECK_TIMEOUT)
        except SubprocessError:
            problem = "not a valid ONNX model: it cannot be read"
    refuse([f"assets.model: {problem}"] if problem else [])


def _raise_for(name: str, error: OutboundError) -> None:
    text = f"assets.{name}: {error}"
    if error.transient:
        raise Unreachable(text) from error
    refuse([text])
