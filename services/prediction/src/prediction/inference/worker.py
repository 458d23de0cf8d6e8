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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import set_forkserver_preload
from pathlib import Path
from typing import Any, cast

import orjson

from contracts.prediction import PredictionOutcome
from contracts.shared import Outcome
from kit.http.outbound import ANY, Outbound, OutboundError
from prediction.inference.domain import MAX_ANSWER_BYTES, MAX_TILES, Area, CannotPredict, InvalidRequest

MAX_MODEL_BYTES = 512 << 20
MODEL_TIMEOUT = 60.0
TOO_LARGE = "The answer is too large to be given at once. Ask for a smaller area, or for a batch."
RECHECK_AFTER = 60.0
"""Seconds for which the file behind a foreign address is not asked for again."""
_SESSIONS: list[Any] = []
_FOREIGN: dict[str, tuple[float, str, Path]] = {}


def init(environment: Mapping[str, str]) -> None:
    """Once per child. The decoder of foreign pictures is forked from a process that has its libraries loaded."""
    os.environ.update(environment)
    sys.path.insert(0, environment["FAIRWAY_MODELS_PATH"])
    set_forkserver_preload(["imagery.geotiff", "PIL.Image", "rasterio.io", "rasterio.transform"])


def predict_area(area: Area) -> bytes:
    """A FeatureCollection as JSON, with what became of tiles and features in its member `outcome`. Raises
    InvalidRequest or CannotPredict."""
    return asyncio.run(_predict_area(area))


async def _predict_area(area: Area) -> bytes:
    imagery = Outbound(area.allow_imagery)
    try:
        with tempfile.TemporaryDirectory(prefix="live-") as folder:
            key, file = await _model_file(area)
            tiles = await _fetch_imagery(area, imagery, Path(folder))
            found = await asyncio.to_thread(_features, area, key, file, folder)
            return _answer(_of_area(found["features"], area, tiles))
    finally:
        await imagery.stop()


def load_plugin(module: str) -> Callable[..., dict[str, Any]]:
    """`predict` of a plug-in, from its `inference` module where it has one: that one does without ZenML.

    Raises CannotPredict when there is none.
    """
    package = module.rpartition(".")[0]
    for name in (f"{package}.inference", module):
        try:
            found = getattr(importlib.import_module(name), "predict", None)
        except ModuleNotFoundError:
            continue
        if callable(found):
            return cast("Callable[..., dict[str, Any]]", found)
    raise CannotPredict("The model has no plug-in that could predict.")


def check_plugin(module: str) -> None:
    load_plugin(module)


def _features(area: Area, key: str, file: Path, folder: str) -> dict[str, Any]:
    from geoml.session import SessionCache

    if not _SESSIONS:
        _SESSIONS.append(SessionCache(8))
    predict = load_plugin(area.module)
    session = _SESSIONS[0].get(key, file)
    try:
        return predict(session, folder, area.params)
    except ValueError as problem:
        raise InvalidRequest("params", str(problem)) from problem


def _of_area(features: list[dict[str, Any]], area: Area, tiles: Outcome) -> dict[str, Any]:
    """By the rule of batch predictions."""
    from geo import antimeridian
    from prediction.results.selection import Selection

    selection = Selection(antimeridian.box(*area.bbox), None)
    kept, _ = selection.split(list(enumerate(features)))
    outcome = PredictionOutcome(tiles=tiles, features=selection.tally.outcome({}))
    return {"type": "FeatureCollection", "features": kept, "outcome": outcome.model_dump(mode="json")}


def _answer(collection: dict[str, Any]) -> bytes:
    content = orjson.dumps(collection)
    if len(content) > MAX_ANSWER_BYTES:
        raise InvalidRequest(
            "bbox", "The answer is too large to be given at once. Ask for a smaller area, or for a batch."
        )
    return content


async def _fetch_imagery(area: Area, outbound: Outbound, folder: Path) -> Outcome:
    from geo import antimeridian
    from imagery import chip_name, download, intersecting, resolve_template, tile_label

    async def save(name: str, content: bytes) -> None:
        (folder / name).write_bytes(content)

    with _problems_of_imagery():
        tiles = intersecting(antimeridian.box(*area.bbox), area.zoom, MAX_TILES)
        template = await resolve_template(area.image_uri, outbound, area.zoom)
        failed = (await download(tiles, template, outbound, save)).failed
    reasons = [(failed[name], tile_label(tile)) for tile in tiles if (name := chip_name(tile)) in failed]
    return Outcome.of(len(tiles) - len(reasons), reasons)


@contextmanager
def _problems_of_imagery() -> Iterator[None]:
    """Raises InvalidRequest for what the caller can change, else CannotPredict."""
    from imagery import BadTemplate, NoTiles, TooManyTiles

    try:
        yield
    except TooManyTiles as problem:
        raise InvalidRequest("bbox", str(problem)) from problem
    except BadTemplate as problem:
        raise InvalidRequest("image_uri", str(problem)) from problem
    except NoTiles as problem:
        raise CannotPredict(str(problem)) from problem
    except OutboundError as problem:
        if problem.transient:
            raise CannotPredict(str(problem)) from problem
        raise InvalidRequest("image_uri", str(problem)) from problem


async def _model_file(area: Area) -> tuple[str, Path]:
    """Key by content, and where the file is. Addresses that a stranger names are asked by the safe client only."""
    from geoml.fetch import fetch_file

    if not area.is_trusted and area.model_uri.startswith(("http://", "https://")):
        return await _foreign_file(area.model_uri, area.allow_model)
    try:
        return await asyncio.to_thread(fetch_file, area.model_uri)
    except FileNotFoundError as problem:
        raise InvalidRequest("model_uri", "There is no model at this address.") from problem
    except OSError as problem:
        raise CannotPredict("The model's file cannot be had just now.") from problem


async def _foreign_file(uri: str, allow: str) -> tuple[str, Path]:
    known = _FOREIGN.get(uri)
    if known and time.monotonic() - known[0] < RECHECK_AFTER and known[2].exists():
        return known[1:]
    outbound = Outbound(allow)
    try:
        content = (await outbound.get(uri, ANY, cap=MAX_MODEL_BYTES, total=MODEL_TIMEOUT)).content
    except OutboundError as problem:
        raise InvalidRequest("model_uri", str(problem)) from problem
    finally:
        await outbound.stop()
    from geoml.fetch import cache_root

    key = hashlib.sha256(content).hexdigest()
    file = cache_root() / "foreign" / f"{key}.onnx"
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(file)
    _FOREIGN[uri] = (time.monotonic(), key, file)
    return key, file
