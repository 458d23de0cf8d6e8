"""Finished portions of a prediction, kept in storage, so that whoever begins anew does only the rest.

A portion's name is the digest of all that it depends on, so what is found under a name is right, whoever put it there
and when: two attempts may write at once, and a portion of another model, other parameters or other images is never met.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import fsspec
import onnxruntime

from geoml.grid import Layout, PixelBox
from geoml.portion import Portion, Torn, pack, unpack

log = logging.getLogger(__name__)
INPUT, PARTS = "input", "parts"


class Work(NamedTuple):
    """What a portion is made of besides the model; `views` are the blocks with their margins."""

    layout: Layout
    blocks: Sequence[PixelBox]
    views: Sequence[PixelBox]
    params: Any
    """hashed by its repr"""


class Ledger:
    """`folder` is a URI for fsspec. Storage that fails is left alone for the rest: the work does not depend on it."""

    def __init__(self, folder: str, model: Path) -> None:
        self._folder, self._model = folder.rstrip("/"), _content(model)
        self._digest, self._usable = lru_cache(maxsize=None)(_content), True

    def read(self, work: Work) -> Portion | None:
        """None when there is none, or only a torn one."""
        try:
            return self._found(self._name(work)) if self._usable else None
        except (Torn, FileNotFoundError):
            log.warning("A finished portion is torn or gone and is made again")
        except Exception:
            self._give_up()
        return None

    def _found(self, name: str) -> Portion | None:
        return unpack(self._files.cat_file(f"{self._root}/{name}")) if name in self._there else None

    def write(self, work: Work, portion: Portion) -> None:
        try:
            if self._usable:
                self._files.pipe_file(f"{self._root}/{self._name(work)}", pack(portion))
        except Exception:
            self._give_up()

    def _give_up(self) -> None:
        self._usable = False
        log.exception("Finished portions can not be kept: another attempt would begin from the start")

    @cached_property
    def _there(self) -> set[str]:
        try:
            return {path.rpartition("/")[2] for path in self._files.ls(self._root, detail=False, refresh=True)}
        except FileNotFoundError:
            self._files.makedirs(self._root, exist_ok=True)
            return set()

    @cached_property
    def _files(self) -> Any:
        return fsspec.url_to_fs(self._folder)[0]

    @cached_property
    def _root(self) -> str:
        return fsspec.url_to_fs(self._folder)[1]

    def _name(self, work: Work) -> str:
        grid = work.layout.grid
        place = [grid.crs.to_string(), grid.west, grid.north, grid.size]
        about = [_code(), self._model, repr(work.params), place, self._seen(work)]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()

    def _seen(self, work: Work) -> list[Any]:
        """Every block with the chips below it: their places and their contents."""
        return [
            [block, view, [[chip.box, self._digest(chip.chip.path)] for chip in work.layout.within(view)]]
            for block, view in zip(work.blocks, work.views, strict=True)
        ]


def beside(images: str, model: Path) -> Ledger | None:
    """Of a prediction of the platform, `…/input` in remote storage: `…/parts`. None for any other folder."""
    parent, _, name = images.rstrip("/").rpartition("/")
    if "://" not in parent or name != INPUT:
        return None
    return Ledger(f"{parent}/{PARTS}", model)


@lru_cache(1)
def _code() -> str:
    """Of all that turns images into portions: the modules of this package, and what runs the model."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return " ".join([onnxruntime.__version__, *map(_content, modules)])


def _content(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
