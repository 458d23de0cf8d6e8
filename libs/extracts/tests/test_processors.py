"""The contract of processors: discovery, parts that any worker makes, one end, progress, stopping, estimates."""

import pickle
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
import rasterio
import shapely

from extracts.errors import SourceInvalid, SourceNotAvailable
from extracts.processors import (
    FileProcessor,
    Inputs,
    Options,
    Registry,
    Request,
    Source,
    SourceCache,
    Steps,
    TableRows,
    discover,
    estimate,
    finish,
    make_part,
    prepare,
    read_catalogue,
    run,
)
from extracts.processors.registry import RegisteredProcessor
from extracts.testing import FileServer, MakeRaster, outline

AREA = outline(shapely.box(0.5, -1.5, 1.5, -0.5))
METADATA = """
from extracts.processors import CC_BY, FileProcessor, Metadata, RowsProcessor, Source
METADATA = Metadata(description="D", dataset_name="N", author="A", license=CC_BY, origin_url="https://x.example")
"""
MANY = (
    METADATA
    + "PROCESSOR = FileProcessor(several=True, sources=tuple(Source(f'{n:02}.tif', 'raster') for n in range(40)))"
)
ROWS = METADATA + dedent("""
    import pyarrow as pa
    PROCESSOR = RowsProcessor(sources=(Source("roads.csv", "pg_table"),), schema=pa.schema([("name", pa.string())]))
""")
HOST = "http://host/packages/"


class Stopped(Exception):
    pass


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


@pytest.fixture
def many(tmp_path: Path) -> RegisteredProcessor:
    write(tmp_path / "found", "wind/version_1.py", MANY)
    return discover(tmp_path / "found").processors["wind.version_1"]


@pytest.fixture
def cache(tmp_path: Path, many: RegisteredProcessor, make_raster: MakeRaster) -> SourceCache:
    """With the forty sources of `many`, of which each has its number everywhere."""
    folder = tmp_path / "cache/wind/version_1/source_data"
    folder.mkdir(parents=True)
    for number, source in enumerate(many.sources):
        make_raster(np.full((20, 20), number, "uint8")).rename(folder / source.name)
    return SourceCache(tmp_path / "cache")


def test_names_come_from_folders_and_files(tmp_path: Path):
    write(tmp_path, "wind/version_1.py", MANY)
    write(tmp_path, "wind/version_2.py", MANY)
    write(tmp_path, "wind/helpers.py", "A = 1\n")
    write(tmp_path, "tests/test_wind.py", "raise SystemError\n")
    found = discover(tmp_path)
    assert (list(found.processors), found.problems) == (["wind.version_1", "wind.version_2"], {})
    assert [one.version for one in found.datasets()["wind"]] == ["version_1", "version_2"]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a/b.py", "import nowhere_at_all", "ModuleNotFoundError"), ("a/b.py", "1 +", "SyntaxError"),
        ("a/b.py", METADATA, "TypeError"), ("A/b.py", MANY, "ValueError"), ("a/b-c.py", MANY, "ValueError"),
        ("a/b.py", MANY.replace("{n:02}.tif", "../{n}"), "ValueError"), ("a/b.py", "raise SystemExit", "SystemExit"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_left_out_with_a_reason(tmp_path: Path, name: str, text: str, problem: str):
    write(tmp_path, name, text)
    write(tmp_path, "wind/version_1.py", MANY)
    found = discover(tmp_path)
    assert list(found.processors) == ["wind.version_1"]
    assert found.problems[name].startswith(problem)


def test_a_second_folder_cannot_replace_a_processor(tmp_path: Path):
    write(tmp_path, "one/wind/version_1.py", MANY)
    write(tmp_path, "two/wind/version_1.py", ROWS)
    found = discover(tmp_path / "one", tmp_path / "two")
    assert isinstance(found.processors["wind.version_1"].processor, FileProcessor)
    assert "twice" in found.problems["wind/version_1.py"]


def test_lists_of_sources_can_be_replaced(tmp_path: Path, many: RegisteredProcessor):
    content = (
        b'{"wind.version_1": {"files": [{"name": "x/00.tif", "kind": "raster", "bytes": 7}]}, "x.y": {"files": []}}'
    )
    found = Registry({many.name: many}, {}).with_sources(read_catalogue(content))
    [source] = found.processors[many.name].sources
    assert (source.name, source.expected.bytes) == ("x/00.tif", 7)
    assert found.processors[many.name].outputs(Request("mali", AREA)) == ["wind-version_1-00-mali.tif"]
    assert list(found.problems) == ["x.y"]
    for wrong in (b"[]", content.replace(b"x/00", b"x/../../00"), content.replace(b'"raster"', b'"other"')):
        with pytest.raises(ValueError, match=r"catalogue|name|kind"):
            read_catalogue(wrong)


def test_parts_made_by_several_workers_in_any_order(tmp_path: Path, many: RegisteredProcessor, cache: SourceCache):
    request = Request("mali", AREA)
    parts = many.parts(request)
    assert [part.output for part in parts[:2]] == ["wind-version_1-00-mali.tif", "wind-version_1-01-mali.tif"]
    made = []
    for done, part in enumerate(reversed(parts)):
        sent = pickle.loads(pickle.dumps((part, request)))
        worker = discover(tmp_path / "found").processors[many.name]
        files = prepare(worker, cache, lambda percent, label: None, [part]).files
        assert list(files) == [part.source.name]
        result = make_part(worker, *sent, Inputs(files), tmp_path / "out", lambda percent, label: None, done)
        made.append(pickle.loads(pickle.dumps(result)))
    whole = run(many, request, cache, tmp_path / "whole", HOST)
    assert finish(many, request, made, HOST) == whole
    assert len(whole.resource["path"]) == 40
    for wrong in (made[1:], [*made, made[0]]):
        with pytest.raises(ValueError, match="40 files"):
            finish(many, request, wrong, HOST)


def test_log_resource_and_pages(tmp_path: Path, many: RegisteredProcessor, cache: SourceCache):
    result = run(many, Request("mali", AREA), cache, tmp_path / "out", HOST)
    root = "http://host/packages/mali/datasets/wind/version_1"
    assert list(result.log) == [
        "wind - move to storage success", "wind - result URIs", "wind - created index documentation",
        "wind - created license documentation", "datapackage",
    ]  # fmt: skip
    assert result.log["wind - result URIs"].split(",") == result.resource["path"]
    assert result.resource["path"][3] == f"{root}/data/wind-version_1-03-mali.tif"
    assert result.log["wind - created index documentation"] == f"{root}/index.html"
    with rasterio.open(tmp_path / "out/data/wind-version_1-03-mali.tif") as raster:
        assert set(raster.read().ravel()) == {3}
    assert (tmp_path / "out/index.html").read_text() == result.pages["index.html"]


def test_progress_only_grows_and_says_the_step(tmp_path: Path, many: RegisteredProcessor, cache: SourceCache):
    seen: list[tuple[int, str]] = []
    run(many, Request("mali", AREA), cache, tmp_path / "out", HOST, lambda *step: seen.append(step))
    percents = [percent for percent, _ in seen]
    assert percents == sorted(percents)
    assert (seen[0], seen[-2:]) == (
        (10, "fetching and verifying source"),
        [(85, "moving result"), (90, "generate documentation & datapackage")],
    )
    assert len({percent for percent, label in seen if label == "cropping source"}) > 30


def test_steps_in_the_wrong_order_do_not_show(tmp_path: Path, many: RegisteredProcessor, cache: SourceCache):
    seen: list[int] = []
    hasty = replace(many, processor=replace(many.processor, steps=Steps(moving=40)))
    run(hasty, Request("mali", AREA), cache, tmp_path / "out", HOST, lambda percent, label: seen.append(percent))
    assert seen == sorted(seen)


@pytest.mark.parametrize("after", [1, 20, 60])
def test_a_stopped_run_leaves_what_was_there(tmp_path: Path, many: RegisteredProcessor, cache: SourceCache, after: int):
    request = Request("mali", AREA)
    run(many, request, cache, tmp_path / "out", HOST)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.is_file()}
    steps = 0

    def stop(percent: int, label: str) -> None:
        nonlocal steps
        steps += 1
        if steps > after:
            raise Stopped

    with pytest.raises(Stopped):
        run(many, request, cache, tmp_path / "out", HOST, stop)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


def test_a_run_that_fails_late_shows_none_of_its_files(tmp_path: Path, many: RegisteredProcessor, cache: SourceCache):
    last = cache.root / "wind/version_1/source_data/39.tif"
    last.write_bytes(last.read_bytes()[:300])
    with pytest.raises(SourceInvalid):
        run(many, Request("mali", AREA), cache, tmp_path / "out", HOST)
    assert list((tmp_path / "out").iterdir()) == []


def test_equal_requests_have_one_key(many: RegisteredProcessor, cache: SourceCache):
    hashes = cache.prepare(many.dataset, many.version, many.sources).hashes
    key = many.request_key(Request("mali", AREA), hashes)
    assert key == many.request_key(Request("other_name", AREA), hashes)
    assert key != many.request_key(Request("mali", AREA, Options(raster="COG")), hashes)
    assert key != many.request_key(Request("mali", AREA), hashes | {"00.tif": "other"})


def test_estimate_of_many_files_looks_at_twelve(tmp_path: Path, many: RegisteredProcessor, cache: SourceCache):
    request = Request("mali", AREA)
    found = estimate(many, request, Inputs(cache.present(many.dataset, many.version, many.sources).files))
    assert (found.files, found.unknown, found.pixels, found.exact) == (40, 0, 40 * 100, False)
    assert len(found.statistics) == 12
    assert found.statistics["wind-version_1-39-mali.tif"]["mean"] == 39
    nothing = estimate(many, request, Inputs({}))
    assert (nothing.files, nothing.unknown, nothing.bytes) == (40, 40, 0)


def test_a_raster_read_at_its_address(tmp_path: Path, make_raster: MakeRaster, server: FileServer):
    values = np.random.default_rng(1).integers(0, 250, (2000, 2000)).astype("uint8")
    make_raster(values, pixel=0.01, tiled=True, blockxsize=256, blockysize=256)
    text = (
        METADATA
        + f"PROCESSOR = FileProcessor(sources=(Source('a.tif', 'raster', '{server.url}/source.tif', ranges=True),))"
    )
    write(tmp_path / "found", "far/version_1.py", text)
    far, request = discover(tmp_path / "found").processors["far.version_1"], Request("mali", AREA)
    with pytest.raises(SourceNotAvailable):
        run(far, request, SourceCache(tmp_path / "cache"), tmp_path / "out", HOST)

    def never(url: str, max_bytes: int) -> Path:
        raise AssertionError(url)

    run(far, request, SourceCache(tmp_path / "cache", never), tmp_path / "out", HOST)
    with rasterio.open(tmp_path / "out/data/far-version_1-mali.tif") as raster:
        np.testing.assert_array_equal(raster.read(1), values[50:150, 50:150])
    assert server.sent < values.nbytes / 3


def test_rows_of_a_database_through_the_port(tmp_path: Path):
    write(tmp_path / "found", "roads/version_1.py", ROWS)
    roads, request = discover(tmp_path / "found").processors["roads.version_1"], Request("mali", AREA)
    line = shapely.to_wkb(shapely.LineString([(0, -1), (1, -1)]))
    asked = []

    def tables(table: str, boxes: list) -> TableRows:
        asked.append((table, boxes))
        return TableRows([(line, {"name": "A1", "other": 5}), (None, {"name": "A2"})], 2)

    cache = SourceCache(tmp_path / "cache")
    result = run(roads, request, cache, tmp_path / "out", HOST, tables=tables)
    details = result.resource["files"][0]["details"]
    assert asked == [("roads", [(0.5, -1.5, 1.5, -0.5)])]
    assert (details["features"], details["cut"], details["read"]) == (1, 1, 2)
    assert details["skipped"] == {"no geometry, or none that can be read": 1, "property other": 1}
    assert estimate(roads, request, Inputs({}, tables)).features == 1
    with pytest.raises(SourceNotAvailable):
        run(roads, request, cache, tmp_path / "out", HOST)


def test_sources_lie_below_their_folder():
    for name in ("/etc/passwd", "../a", "a/../../b", "", "a\\b"):
        with pytest.raises(ValueError, match="name"):
            Source(name, "raster")
