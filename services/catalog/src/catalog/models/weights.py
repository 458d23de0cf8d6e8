"""The files of a base model on their way into our store."""

import hashlib
import tempfile
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from catalog.models.onnx_check import onnx_problem
from catalog.stac.items import SHA2_256
from catalog.stac.validate import refuse
from kit.child import in_child
from kit.outbound import Outbound, OutboundError
from kit.storage import Storage

WEIGHTS = ("checkpoint", "model")
LARGEST = 1 << 30
DOWNLOAD = 900.0
ONNX_CHECK = 120.0


class Unreachable(Exception):
    """An address does not answer now; another try may help."""


async def check_addresses(item: dict[str, Any], outbound: Outbound) -> None:
    """Unprocessable unless both weights are named by addresses that answer HEAD."""
    missing = [name for name in WEIGHTS if name not in item["assets"]]
    refuse(f"assets: {name} is missing" for name in missing)
    for name in WEIGHTS:
        try:
            await outbound.head(item["assets"][name]["href"])
        except OutboundError as error:
            _judge(name, error)


async def copied(item: dict[str, Any], version: int, outbound: Outbound, storage: Storage) -> dict[str, Any]:
    """The item with `checkpoint` and `model` in our store: `base-models/<id>/v<version>/<asset>/<file name>`."""
    assets = dict(item["assets"])
    for name in WEIGHTS:
        href = assets[name]["href"]
        content = await _content(name, href, outbound)
        if name == "model":
            await _check_onnx(content)
        key = f"base-models/{item['id']}/v{version}/{name}/{PurePosixPath(urlsplit(href).path).name or name}"
        await storage.put(key, content)
        digest = SHA2_256 + hashlib.sha256(content).hexdigest()
        assets[name] = {**assets[name], "href": storage.uri(key), "file:size": len(content), "file:checksum": digest}
    return {**item, "assets": assets}


async def _content(name: str, href: str, outbound: Outbound) -> bytes:
    try:
        return (await outbound.get(href, cap=LARGEST, total=DOWNLOAD)).content
    except OutboundError as error:
        _judge(name, error)
        raise


async def _check_onnx(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        file.write_bytes(content)
        try:
            problem = await in_child(onnx_problem, str(file), timeout=ONNX_CHECK)
        except (BrokenProcessPool, TimeoutError):
            problem = "not a valid ONNX model: it cannot be read"
    refuse([f"assets.model: {problem}"] if problem else [])


def _judge(name: str, error: OutboundError) -> None:
    text = f"assets.{name}: {error}"
    if error.transient:
        raise Unreachable(text) from error
    refuse([text])
