"""The child's side of live prediction: imagery, session, the plug-in's own `predict`.

Sessions stay open between requests, least recently used of eight; they are known by the content of the model's file.
"""

import asyncio
import hashlib
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from multiprocessing import set_forkserver_preload
from pathlib import Path
from typing import Any

import orjson

from kit.child import die_with_parent
from kit.outbound import ANY, Outbound, OutboundError
from prediction.live.domain import MAX_ANSWER, MAX_TILES, Area, Refused, Unable

MODEL_CAP = 512 << 20
MODEL_TIME = 60.0
FRESH_FOR = 60.0
"""Seconds for which the file behind a foreign address is not asked for again."""
_SESSIONS: list[Any] = []
_FOREIGN: dict[str, tuple[float, str, Path]] = {}


def begin(environment: Mapping[str, str]) -> None:
    """Once per child. The decoder of foreign pictures is forked from a process that has its libraries loaded."""
    die_with_parent()
    os.environ.update(environment)
    sys.path.insert(0, environment["FAIRWAY_MODELS_PATH"])
    set_forkserver_preload(["imagery.geotiff", "PIL.Image", "rasterio.io", "rasterio.transform"])


def predict_area(area: Area) -> bytes:
    """A FeatureCollection as JSON. Raises Refused or Unable."""
    return asyncio.run(_predict_area(area))


async def _predict_area(area: Area) -> bytes:
    outbound = Outbound(area.allow)
    try:
        with tempfile.TemporaryDirectory(prefix="live-") as folder:
            key, file = await _model_file(area, outbound)
            await _fetch_imagery(area, outbound, Path(folder))
            return _answer(await asyncio.to_thread(_features, area, key, file, folder))
    finally:
        await outbound.stop()


def load(module: str) -> Callable[..., dict[str, Any]]:
    """`predict` of a plug-in, from its `inference` module where it has one: that one does without ZenML.

    Unable when there is none.
    """
    package = module.rpartition(".")[0]
    for name in (f"{package}.inference", module):
        try:
            found = getattr(importlib.import_module(name), "predict", None)
        except ModuleNotFoundError:
            continue
        if callable(found):
            return found
    raise Unable("The model has no plug-in that could predict.")


def check_plugin(module: str) -> None:
    load(module)


def _features(area: Area, key: str, file: Path, folder: str) -> dict[str, Any]:
    from geoml.session import SessionCache

    if not _SESSIONS:
        _SESSIONS.append(SessionCache(8))
    predict = load(area.module)
    session = _SESSIONS[0].get(key, file)
    try:
        return predict(session, folder, area.params)
    except ValueError as problem:
        raise Refused("params", str(problem)) from problem


def _answer(collection: dict[str, Any]) -> bytes:
    content = orjson.dumps(collection)
    if len(content) > MAX_ANSWER:
        raise Refused("bbox", "The answer is too large to be given at once. Ask for a smaller area, or for a batch.")
    return content


async def _fetch_imagery(area: Area, outbound: Outbound, folder: Path) -> None:
    import shapely

    from imagery import BadTemplate, NoTiles, TooManyTiles, download, intersecting, source_of

    async def save(name: str, content: bytes) -> None:
        (folder / name).write_bytes(content)

    try:
        tiles = intersecting(shapely.box(*area.bbox), area.zoom, MAX_TILES)
        await download(tiles, await source_of(area.image_uri, outbound), outbound, save)
    except TooManyTiles as problem:
        raise Refused("bbox", str(problem)) from problem
    except BadTemplate as problem:
        raise Refused("image_uri", str(problem)) from problem
    except OutboundError as problem:
        raise (Unable(str(problem)) if problem.transient else Refused("image_uri", str(problem))) from problem
    except NoTiles as problem:
        raise Unable(str(problem)) from problem


async def _model_file(area: Area, outbound: Outbound) -> tuple[str, Path]:
    """Key by content, and where the file is. Addresses that a stranger names are asked by the safe client only."""
    from geoml.fetch import fetch_file

    if not area.is_trusted and area.model_uri.startswith(("http://", "https://")):
        return await _foreign_file(area.model_uri, outbound)
    try:
        return await asyncio.to_thread(fetch_file, area.model_uri)
    except FileNotFoundError as problem:
        raise Refused("model_uri", "There is no model at this address.") from problem
    except OSError as problem:
        raise Unable("The model's file cannot be had just now.") from problem


async def _foreign_file(uri: str, outbound: Outbound) -> tuple[str, Path]:
    known = _FOREIGN.get(uri)
    if known and time.monotonic() - known[0] < FRESH_FOR and known[2].exists():
        return known[1:]
    try:
        content = (await outbound.get(uri, ANY, cap=MODEL_CAP, total=MODEL_TIME)).content
    except OutboundError as problem:
        raise Refused("model_uri", str(problem)) from problem
    from geoml.fetch import cache_root

    key = hashlib.sha256(content).hexdigest()
    file = cache_root() / "foreign" / f"{key}.onnx"
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(file)
    _FOREIGN[uri] = (time.monotonic(), key, file)
    return key, file
