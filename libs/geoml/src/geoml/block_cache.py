"""A cache of finished blocks in object storage: a further attempt of a prediction computes only what is missing.

The name of an entry is the digest of everything that the result depends on. So an entry is valid whoever wrote it and
when: two attempts may write at once, and results of another model, other parameters or other images are never read.
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

from geoml.block_result import BlockResult, CorruptResult, deserialize, serialize
from geoml.grid import ChipLayout, PixelBox

log = logging.getLogger(__name__)
INPUT_FOLDER, CACHE_FOLDER = "input", "parts"


class BlockGroup(NamedTuple):
    """The blocks of one cache entry, and what their result depends on besides the model."""

    layout: ChipLayout
    blocks: Sequence[PixelBox]
    windows: Sequence[PixelBox]
    """the blocks with their margins"""
    params: Any
    """hashed by its repr"""


class BlockCache:
    """Entries are files in `folder` (a URI for fsspec), for the model file `model`.

    Storage errors are logged and switch the cache off: the prediction does not depend on it.
    """

    def __init__(self, folder: str, model: Path) -> None:
        self._folder, self._model = folder.rstrip("/"), _content_digest(model)
        self._digest, self._usable = lru_cache(maxsize=None)(_content_digest), True

    def read(self, group: BlockGroup) -> BlockResult | None:
        """Returns None where there is no entry, or only a corrupt one."""
        try:
            return self._read_entry(self._entry_name(group)) if self._usable else None
        except (CorruptResult, FileNotFoundError):
            log.warning("A cached block is corrupt or was deleted; it is computed again")
        except Exception:
            self._switch_off()
        return None

    def _read_entry(self, name: str) -> BlockResult | None:
        return deserialize(self._files.cat_file(f"{self._root}/{name}")) if name in self._entries else None

    def write(self, group: BlockGroup, result: BlockResult) -> None:
        try:
            if self._usable:
                self._files.pipe_file(f"{self._root}/{self._entry_name(group)}", serialize(result))
        except Exception:
            self._switch_off()

    def _switch_off(self) -> None:
        self._usable = False
        log.exception("Finished blocks cannot be cached: another attempt would start from the beginning")

    @cached_property
    def _entries(self) -> set[str]:
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

    def _entry_name(self, group: BlockGroup) -> str:
        grid = group.layout.grid
        location = [grid.crs.to_string(), grid.west, grid.north, grid.pixel_size]
        depends_on = [_code_digest(), self._model, repr(group.params), location, self._images(group)]
        return hashlib.sha256(json.dumps(depends_on).encode()).hexdigest()

    def _images(self, group: BlockGroup) -> list[Any]:
        """Each block with the position and content of the chips below it."""
        return [
            [block, window, [[chip.box, self._digest(chip.chip.path)] for chip in group.layout.intersecting(window)]]
            for block, window in zip(group.blocks, group.windows, strict=True)
        ]


def cache_for_input(images: str, model: Path) -> BlockCache | None:
    """Returns the cache beside the input folder of a prediction in remote storage: `…/parts` for `…/input`.

    Returns None for any other folder.
    """
    parent, _, name = images.rstrip("/").rpartition("/")
    if "://" not in parent or name != INPUT_FOLDER:
        return None
    return BlockCache(f"{parent}/{CACHE_FOLDER}", model)


@lru_cache(1)
def _code_digest() -> str:
    """Covers all code that turns images into results: the modules of this package and the ONNX runtime."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return " ".join([onnxruntime.__version__, *map(_content_digest, modules)])


def _content_digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
