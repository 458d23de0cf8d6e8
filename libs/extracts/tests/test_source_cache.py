"""Sources on a worker's disk: fetched once, whole or not at all, checked before use, shared between workers."""

import fcntl
import hashlib
import json
import shutil
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from extracts.errors import ExtractError, SourceInvalid, SourceNotAvailable
from extracts.processors import DownloadFolder, Expected, Source, SourceCache, SourceLimits, zenodo
from extracts.testing import MakeRaster

URL = "https://data.example.org"


@pytest.fixture
def downloads(tmp_path: Path, make_raster: MakeRaster) -> Path:
    """With `a.tif`, `b.tif`, and both of them in a folder of `both.zip`."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    for number, name in enumerate(("a.tif", "b.tif")):
        make_raster(np.full((20, 20), number, "uint8")).rename(folder / name)
    with zipfile.ZipFile(folder / "both.zip", "w") as archive:
        for name in ("a.tif", "b.tif"):
            archive.write(folder / name, f"inside/{name}")
        archive.writestr("README.txt", "about")
    return folder


class Counting(DownloadFolder):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[str] = []

    def __call__(self, url: str, max_bytes: int) -> Path:
        self.asked.append(url)
        return super().__call__(url, max_bytes)


def plain(name: str, **expected: object) -> Source:
    return Source(name, "raster", f"{URL}/{name}", Expected(**expected))


def packed(name: str, **expected: object) -> Source:
    return Source(name, "raster", f"{URL}/both.zip", packed=Expected(**expected))


def code_of(cache: SourceCache, *sources: Source) -> str:
    with pytest.raises(ExtractError) as error:
        cache.prepare("wind", "v", sources)
    return error.value.code


def left(cache: SourceCache) -> list[str]:
    """Files of the cache that are not its own notes."""
    return sorted(path.name for path in cache.root.rglob("source_data/*"))


def test_a_source_is_fetched_once(tmp_path: Path, downloads: Path):
    fetch = Counting(downloads)
    for _ in range(3):
        prepared = SourceCache(tmp_path / "cache", fetch).prepare("wind", "v", [plain("a.tif", crs="EPSG:4326")])
    assert fetch.asked == [f"{URL}/a.tif"]
    assert prepared.files == {"a.tif": tmp_path / "cache/wind/v/source_data/a.tif"}
    assert prepared.hashes == {"a.tif": hashlib.sha256((downloads / "a.tif").read_bytes()).hexdigest()}
    assert SourceCache(tmp_path / "cache").prepare("wind", "v", [plain("a.tif")]).files == prepared.files


@pytest.mark.parametrize("name", ["c.tif", "a.tif"])
def test_what_is_not_there_and_cannot_be_fetched(tmp_path: Path, downloads: Path, name: str):
    fetch = DownloadFolder(downloads) if name == "c.tif" else None
    assert code_of(SourceCache(tmp_path / "cache", fetch), plain(name)) == "source_missing"


@pytest.mark.parametrize(
    ("expected", "code"),
    [({"bytes": 5}, "source_size"), ({"sha1": "ab"}, "source_checksum"), ({"crs": "ESRI:54009"}, "source_crs")],
)
def test_a_source_other_than_expected(tmp_path: Path, downloads: Path, expected: dict, code: str):
    cache = SourceCache(tmp_path / "cache", DownloadFolder(downloads))
    assert code_of(cache, plain("a.tif", **expected)) == code
    (tmp_path / "cache/wind/v/source_data").mkdir(parents=True, exist_ok=True)
    shutil.copy(downloads / "a.tif", tmp_path / "cache/wind/v/source_data")
    assert code_of(SourceCache(tmp_path / "cache"), plain("a.tif", **expected)) == code


def test_a_raster_that_ought_to_be_compressed(tmp_path: Path, downloads: Path):
    cache = SourceCache(tmp_path / "cache", DownloadFolder(downloads))
    assert code_of(cache, plain("a.tif", compressed=True)) == "source_uncompressed"


def test_a_damaged_file_is_fetched_anew(tmp_path: Path, downloads: Path):
    fetch = Counting(downloads)
    cache, source = SourceCache(tmp_path / "cache", fetch), plain("a.tif")
    path = cache.prepare("wind", "v", [source]).files["a.tif"]
    Path(path).write_bytes(Path(path).read_bytes()[:-100])
    assert code_of(SourceCache(tmp_path / "cache"), source) in ("source_truncated", "source_unreadable")
    cache.prepare("wind", "v", [source])
    assert Path(path).read_bytes() == (downloads / "a.tif").read_bytes()
    assert len(fetch.asked) == 2


def test_more_bytes_than_allowed(tmp_path: Path, downloads: Path):
    cache = SourceCache(tmp_path / "cache", DownloadFolder(downloads), SourceLimits(file_bytes=100))
    assert code_of(cache, plain("a.tif")) == "source_size"
    assert left(cache) == []


def test_files_of_an_archive(tmp_path: Path, downloads: Path):
    fetch, sources = Counting(downloads), [packed("x/a.tif"), packed("b.tif")]
    cache = SourceCache(tmp_path / "cache", fetch)
    prepared = cache.prepare("wind", "v", sources, needed=["b.tif"])
    assert (list(prepared.files), prepared.archives) == (["b.tif"], ("wind/v/source_data/both.zip",))
    again = cache.prepare("wind", "v", sources)
    assert (list(again.files), again.archives, len(fetch.asked)) == (["x/a.tif", "b.tif"], (), 1)
    assert sorted(path.name for path in (cache.root / "wind/v").iterdir()) == [".lock", "checked", "source_data"]


@pytest.mark.parametrize("names", [["a.tif"], ["a.tif", "b.tif", "c.tif"], ["a.tif", "c.tif"]])
def test_an_archive_with_other_files(tmp_path: Path, downloads: Path, names: list[str]):
    cache = SourceCache(tmp_path / "cache", DownloadFolder(downloads))
    assert code_of(cache, *[packed(name) for name in names]) == "archive_members"
    assert left(cache) == []


def test_an_archive_with_another_hash(tmp_path: Path, downloads: Path):
    cache = SourceCache(tmp_path / "cache", DownloadFolder(downloads))
    assert code_of(cache, packed("a.tif", sha1="ab"), packed("b.tif", sha1="ab")) == "source_checksum"
    assert left(cache) == []


def test_sums_that_zenodo_publishes(tmp_path: Path, downloads: Path):
    md5 = hashlib.md5((downloads / "a.tif").read_bytes()).hexdigest()
    record = {"files": [{"key": "a.tif", "checksum": f"md5:{md5}"}, {"key": "b.tif", "checksum": "md5:ab"}]}
    (downloads / "123").write_text(json.dumps(record))
    cache = SourceCache(tmp_path / "cache", DownloadFolder(downloads))
    assert list(cache.prepare("wind", "v", zenodo(123, ["a.tif"], "raster")).files) == ["a.tif"]
    assert code_of(cache, *zenodo(123, ["b.tif"], "raster")) == "source_checksum"


def test_another_worker_that_fetches_is_waited_for(tmp_path: Path, downloads: Path):
    cache, waiting = SourceCache(tmp_path / "cache", DownloadFolder(downloads)), threading.Event()
    lock = tmp_path / "cache/wind/v/.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("a") as held:
        fcntl.flock(held.fileno(), fcntl.LOCK_EX)
        found: list = []
        call = lambda: found.append(cache.prepare("wind", "v", [plain("a.tif")], None, waiting.set))  # noqa: E731
        thread = threading.Thread(target=call)
        thread.start()
        assert waiting.wait(10)
        assert found == []
    thread.join(10)
    assert list(found[0].files) == ["a.tif"]


def test_two_workers_that_need_the_same_fetch_it_once(tmp_path: Path, downloads: Path):
    fetching, waiting = threading.Event(), threading.Event()

    class Slow(Counting):
        def __call__(self, url: str, max_bytes: int) -> Path:
            fetching.set()
            waiting.wait(10)
            return super().__call__(url, max_bytes)

    fetch = Slow(downloads)
    cache = SourceCache(tmp_path / "cache", fetch)
    first = threading.Thread(target=lambda: cache.prepare("wind", "v", [plain("a.tif")]))
    first.start()
    assert fetching.wait(10)
    cache.prepare("wind", "v", [plain("a.tif")], None, waiting.set)
    first.join(10)
    assert fetch.asked == [f"{URL}/a.tif"]


def test_waiting_has_an_end_and_can_be_stopped(tmp_path: Path, downloads: Path):
    cache = SourceCache(tmp_path / "cache", DownloadFolder(downloads), SourceLimits(lock_seconds=0.1))
    lock = tmp_path / "cache/wind/v/.lock"
    lock.parent.mkdir(parents=True)

    def stop() -> None:
        raise KeyboardInterrupt

    with lock.open("a") as held:
        fcntl.flock(held.fileno(), fcntl.LOCK_EX)
        assert code_of(cache, plain("a.tif")) == "source_busy"
        with pytest.raises(KeyboardInterrupt):
            cache.prepare("wind", "v", [plain("a.tif")], None, stop)


def test_a_raster_in_strips_is_stored_in_tiles_once(tmp_path: Path, downloads: Path, make_raster: MakeRaster):
    values = np.random.default_rng(1).integers(0, 9, (600, 600)).astype("uint8")
    make_raster(values, pixel=0.01).rename(downloads / "a.tif")
    cache = SourceCache(tmp_path / "cache", DownloadFolder(downloads), SourceLimits(retile_bytes=1000))
    path = Path(cache.prepare("wind", "v", [plain("a.tif")]).files["a.tif"])
    with rasterio.open(path) as tiled:
        assert tiled.block_shapes == [(512, 512)]
        np.testing.assert_array_equal(tiled.read(1), values)
    made = path.stat().st_mtime_ns
    assert Path(cache.prepare("wind", "v", [plain("a.tif")]).files["a.tif"]).stat().st_mtime_ns == made


def test_failures_begin_as_clients_expect(tmp_path: Path, downloads: Path):
    cache = SourceCache(tmp_path / "cache")
    with pytest.raises(SourceNotAvailable) as missing:
        cache.prepare("wind", "v", [plain("a.tif")])
    assert missing.value.text.startswith("SourceNotAvailableException - ")
    cache = SourceCache(tmp_path / "cache", DownloadFolder(downloads))
    with pytest.raises(SourceInvalid) as invalid:
        cache.prepare("wind", "v", [replace(plain("a.tif"), expected=Expected(bytes=1 << 20))])
    assert invalid.value.text.startswith("SourceInvalidException - ")
