"""The list of processors, and what it costs a process."""

import sys
from pathlib import Path
from subprocess import check_output

import pytest

from catalog.packages.processors.catalogue import DESCRIBED, ProcessorCatalogue
from catalog.packages.processors.queries import list_processors
from catalog.packages.processors.settings import ProcessorSettings
from contracts.catalog.packages import ListProcessors
from kit.errors import Unavailable
from kit.testing import Caller

HEAVY = ("rasterio", "pyogrio", "pyarrow")
GOOD = (Path(__file__).parents[3] / "processors" / "test_processor" / "version_1.py").read_text()


@pytest.fixture
def made(tmp_path: Path) -> Path:
    for name, content in {
        "b/v1": GOOD,
        "b/v10": GOOD,
        "a_b/v": GOOD,
        "a/broken": "import nothing_such",
        "Odd/v": GOOD,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.py").write_text(f"print('loud')\n{content}" if "broken" not in name else content)
    return tmp_path


async def test_processors_are_listed_as_the_interface_has_them(running, caller: Caller):
    listed = {one["name"]: one["versions"] for one in await caller.ask(ListProcessors())}
    assert list(listed) == sorted(listed)
    assert len(listed) == 12
    assert listed["test_processor"] == [{
        "name": "test_processor.version_1", "description": "A test processor for nightlights", "version": "version_1",
        "status": "", "uri": "", "data_author": "Nightlights Author", "data_title": "", "data_title_long": "",
        "data_summary": "", "data_citation": "", "data_origin_url": "http://url", "data_formats": ["GeoTIFF"],
        "data_license": {"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/",
                         "title": "Creative Commons Attribution 4.0"},
        "release": "1.0.0",
    }]  # fmt: skip


async def test_what_cannot_be_imported_is_left_out_with_a_warning(made: Path, caplog: pytest.LogCaptureFixture):
    catalogue = ProcessorCatalogue(made, with_tests=True)
    with pytest.raises(Unavailable):
        _ = catalogue.names
    datasets = await list_processors(catalogue)
    assert [(one.name, [version.version for version in one.versions]) for one in datasets] == [
        ("a_b", ["v"]), ("b", ["v1", "v10"]),
    ]  # fmt: skip
    assert catalogue.names == {"a_b.v", "b.v1", "b.v10"}
    assert {"Odd/v.py", "a/broken.py"} == {record.fields["file"] for record in caplog.records}  # type: ignore[attr-defined]


async def test_an_image_without_their_libraries_reads_the_file_of_its_build(made: Path, monkeypatch):
    told = check_output([sys.executable, "-m", "catalog.packages.processors.describe", str(made)])
    monkeypatch.setattr(sys, "executable", "/no/child/is/asked")
    (made / DESCRIBED).write_bytes(told)
    catalogue = ProcessorCatalogue(made, with_tests=True)
    await list_processors(catalogue)
    assert catalogue.names == {"a_b.v", "b.v1", "b.v10"}


async def test_hidden_test_processors_are_unknown(made: Path):
    catalogue = ProcessorCatalogue(made, with_tests=False)
    assert await list_processors(catalogue) == []
    assert catalogue.names == frozenset()


@pytest.mark.parametrize(("written", "shown"), [("True", True), ("true", True), ("1", True), ("False", False)])
def test_the_setting_says_whether_test_processors_are_shown(monkeypatch, written: str, shown: bool):
    monkeypatch.setenv("AUTOPKG_INCLUDE_TEST_PROCESSORS", written)
    assert ProcessorSettings().shows_test_processors is shown


def test_the_repository_is_where_processors_are_found(monkeypatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FAIRWAY_PROCESSORS_PATH", raising=False)
    assert (ProcessorSettings().processors_folder / "test_processor" / "version_1.py").is_file()
    monkeypatch.setenv("FAIRWAY_PROCESSORS_PATH", str(tmp_path))
    assert ProcessorSettings().processors_folder == tmp_path / "processors"


async def test_a_folder_that_is_not_there_has_no_processors(tmp_path: Path):
    assert await list_processors(ProcessorCatalogue(tmp_path / "none", with_tests=True)) == []


async def test_reading_them_loads_no_library_of_theirs(made: Path):
    """Nor does a service that lists them (docs/decisions/0014)."""
    code = (
        "import asyncio, sys, catalog.main\nfrom pathlib import Path\n"
        "from catalog.packages.processors.catalogue import ProcessorCatalogue\n"
        f"print(len(asyncio.run(ProcessorCatalogue(Path({str(made)!r}), True).processors())))\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert check_output([sys.executable, "-c", code], text=True).splitlines() == ["3", ""]
