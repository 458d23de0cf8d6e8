"""What both storages of packages keep to."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from package_storages import HOST, in_bucket, in_folder

from catalog.packages.storage.package_storage import TreeStorage
from catalog.packages.storage.port import PackageStorage, VersionRef
from kit.errors import NotFound

GRID = VersionRef("gambia", "gridfinder", "version_1")


@pytest_asyncio.fixture(params=["localfs", "awss3"])
async def storage(request, tmp_path: Path) -> AsyncIterator[TreeStorage]:
    if request.param == "localfs":
        yield in_folder(tmp_path / "packages")
        return
    async with in_bucket(request.getfixturevalue("stack_env")) as found:
        yield found


async def staged(storage: TreeStorage, folder: Path, place: str, **files: bytes) -> dict[str, str]:
    keys = {}
    for name, content in files.items():
        (folder / "made").write_bytes(content)
        keys[f"{name}.tif"] = await storage.stage(place, f"{name}.tif", folder / "made")
    return keys


async def put(storage: TreeStorage, path: str, content: bytes = b"") -> None:
    """As somebody outside puts a file; a path with a slash behind is a folder."""
    await (storage.tree.make_folder(path) if path.endswith("/") else storage.tree.write(path, content))


async def content_of(storage: TreeStorage, version: VersionRef) -> dict[str, int]:
    return {entry.name: entry.bytes for entry in await storage.data_files(version)}


async def test_folders_that_are_made_and_folders_that_files_imply_are_packages(storage: TreeStorage):
    assert PackageStorage in type(storage).__mro__
    assert await storage.packages() == []
    for path in ("zambia/", "gambia/datasets/gridfinder/version_1/data/a.tif", "plain", "Not-one/x", ".hidden/x"):
        await put(storage, path)
    await storage.create_package_folder("mali")
    await storage.create_datasets_folder("mali")
    assert await storage.packages() == ["gambia", "mali", "zambia"]
    assert await storage.packages("gambia") == ["mali", "zambia"]
    assert [await storage.has_package(name) for name in ("gambia", "zambia", "plain", "togo")] == [True, True] + [
        False
    ] * 2
    assert [await storage.has_datasets_folder(name) for name in ("mali", "zambia")] == [True, False]


async def test_datasets_and_versions_are_listed_with_their_gaps(storage: TreeStorage):
    for path in ("storm/", "gridfinder/version_2/data/", "gridfinder/version_1/index.html", "gridfinder/Odd/x"):
        await put(storage, f"gambia/datasets/{path}")
    await put(storage, "zambia/")
    assert await storage.datasets("gambia") == ["gridfinder", "storm"]
    assert await storage.datasets("zambia") == await storage.versions("gambia", "storm") == []
    found = await storage.tree_of("gambia")
    assert [one.processor for one in found] == ["gridfinder.version_1", "gridfinder.version_2"]
    assert await storage.has_version(GRID)
    for refused, code in ((storage.datasets("togo"), "package"), (storage.versions("gambia", "jrc"), "dataset")):
        with pytest.raises(NotFound) as error:
            await refused
        assert error.value.code == f"{code}_not_found"


@pytest.mark.parametrize("name", ["..", "", "Gambia", "a/b", ".staged", "a" * 201, "gambia\n", "a b"])
async def test_names_that_nothing_can_have_touch_nothing(tmp_path: Path, name: str):
    storage = in_folder(tmp_path / "never" / "made")
    odd = [VersionRef(name, "a", "b"), VersionRef("gambia", name, "b"), VersionRef("gambia", "a", name)]
    odd = [one for one in odd if one != VersionRef("gambia", "Gambia", "b")]
    for call in (
        storage.has_package(name), storage.datasets(name), storage.create_package_folder(name),
        storage.remove_package(name), storage.load_datapackage(name), *(storage.replace_data(one, {}) for one in odd),
        *(storage.remove_version(one) for one in odd), storage.stage("place", f"../{name}", tmp_path),
        storage.stage(f"{name}/..", "a", tmp_path),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await call
    assert list(tmp_path.iterdir()) == []


async def test_files_are_found_by_path_and_by_place(storage: TreeStorage, tmp_path: Path):
    for name in ("index.html", "datasets/gridfinder/version_1/license.html", ".secret", "sub/x.json"):
        await put(storage, f"gambia/{name}", b"page")
    await storage.replace_data(GRID, await staged(storage, tmp_path, "one", b=b"xy", a=b"x"))
    assert [entry.path for entry in await storage.package_files("gambia")] == ["gambia/index.html"]
    assert [entry.name for entry in await storage.version_files(GRID)] == ["license.html", "a.tif", "b.tif"]
    await storage.download_data(GRID, "b.tif", tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == b"xy"
    page = await storage.file("gambia/index.html")
    assert page
    assert (page.bytes, page.etag[0]) == (4, '"')
    assert await storage.entries("gambia/") == ["datasets/", "sub/", "index.html"]
    assert await storage.entries("") == ["gambia/"]
    for path in (
        "gambia",
        "gambia/",
        "gambia/none",
        ".staged/one/a.tif",
        "gambia/.secret",
        "../x",
        "gambia//index.html",
    ):
        assert await storage.file(path) is None
        assert path == "gambia/" or await storage.entries(f"{path.rstrip('/')}/") is None or path == "gambia"


async def test_a_link_that_leads_out_of_the_packages_is_not_followed(tmp_path: Path):
    storage = in_folder(tmp_path / "packages")
    await put(storage, "gambia/index.html", b"page")
    (tmp_path / "outside").write_text("secret")
    (tmp_path / "packages/gambia/link").symlink_to(tmp_path / "outside")
    assert (await storage.address("gambia/index.html"))[0] == str((tmp_path / "packages/gambia/index.html").resolve())
    with pytest.raises(NotFound):
        await storage.address("gambia/link")


async def test_data_are_replaced_as_a_whole(storage: TreeStorage, tmp_path: Path):
    first = await staged(storage, tmp_path, "one", a=b"old", gone=b"old")
    uris = await storage.replace_data(GRID, first)
    assert uris == [f"{HOST}/gambia/datasets/gridfinder/version_1/data/{name}" for name in ("a.tif", "gone.tif")]
    await storage.put_metadata_file(GRID, "index.html", b"page")
    second = await staged(storage, tmp_path, "two", b=b"newer", a=b"newer")
    for _ in range(2):
        await storage.replace_data(GRID, second)
        assert await content_of(storage, GRID) == {"a.tif": 5, "b.tif": 5}
    assert await storage.has_package_file("gambia", "index.html") is False
    assert await storage.staged("one") == first
    assert await storage.packages() == ["gambia"]


async def test_what_is_no_longer_staged_changes_nothing(storage: TreeStorage, tmp_path: Path):
    kept = await staged(storage, tmp_path, "one", a=b"old")
    await storage.replace_data(GRID, kept)
    lost = await staged(storage, tmp_path, "two", a=b"newer", b=b"newer")
    await storage.unstage("two")
    await storage.unstage("two")
    with pytest.raises(NotFound):
        await storage.replace_data(GRID, kept | {"b.tif": lost["b.tif"]})
    assert await content_of(storage, GRID) == {"a.tif": 3}
    assert await storage.staged("two") == {}


async def test_readers_see_all_of_the_old_or_all_of_the_new(storage: TreeStorage, tmp_path: Path):
    names = {f"f{number}" for number in range(12)}
    kinds = [await staged(storage, tmp_path, f"k{kind}", **dict.fromkeys(names, b"x" * kind)) for kind in (1, 2)]
    await storage.replace_data(GRID, kinds[0])
    seen, over = [], asyncio.Event()

    async def read() -> None:
        while not over.is_set():
            seen.append(await content_of(storage, GRID))

    async def write() -> None:
        for number in range(1, 6):
            await storage.replace_data(GRID, kinds[number % 2])
        over.set()

    await asyncio.gather(read(), write())
    assert len(seen) > 5
    assert {(len(one), len(set(one.values()))) for one in seen} == {(12, 1)}


async def test_removal_keeps_the_pages_and_nothing_else(storage: TreeStorage, tmp_path: Path):
    files = await staged(storage, tmp_path, "one", a=b"x", b=b"x")
    bare = VersionRef("gambia", "test_processor", "version_1")
    for version in (GRID, bare):
        await storage.replace_data(version, files)
    await storage.put_metadata_file(GRID, "index.html", b"page")
    await storage.create_datasets_folder("gambia")
    assert (await storage.remove_data(GRID), await storage.remove_data(bare)) == (2, 2)
    assert [one.processor for one in await storage.tree_of("gambia")] == [GRID.processor]
    with pytest.raises(NotFound):
        await storage.remove_data(bare)
    for _ in range(2):
        await storage.remove_version(GRID)
    assert (await storage.has_datasets_folder("gambia"), await storage.datasets("gambia")) == (True, [])
    for _ in range(2):
        await storage.remove_package("gambia")
    assert await storage.packages() == []


async def test_documents_are_replaced_and_damaged_ones_kept(storage: TreeStorage):
    assert await storage.load_datapackage("gambia") == await storage.load_provenance("gambia") == {}
    for document in ({"name": "gambia"}, {"name": "gambia", "resources": []}):
        await storage.save_datapackage("gambia", document)
        assert await storage.load_datapackage("gambia") == document
    for damage in (b"{", b"[]", b""):
        await put(storage, "gambia/provenance.json", damage)
        assert await storage.load_provenance("gambia") == {}
    await put(storage, "gambia/provenance.json", b'{"2026": [')
    await storage.save_provenance("gambia", {"later": []})
    assert await storage.load_provenance("gambia") == {"later": []}
    kept = [key for key in await storage.tree.keys("gambia/") if "damaged" in key]
    assert [await storage.tree.read(key) for key in kept] == [b'{"2026": [']


async def test_what_nobody_stages_any_more_is_found_by_its_age(storage: TreeStorage, tmp_path: Path):
    await staged(storage, tmp_path, "one", a=b"x", b=b"x")
    assert await storage.staged_folders(datetime.now(UTC) - timedelta(minutes=5)) == []
    assert await storage.staged_folders(datetime.now(UTC) + timedelta(minutes=5)) == ["one"]


async def test_a_file_in_place_is_no_link_to_a_staged_one(tmp_path: Path):
    """Somebody who edits a package does not edit what later packages are made of."""
    storage = in_folder(tmp_path / "packages")
    files = await staged(storage, tmp_path, "one", a=b"good")
    await storage.replace_data(GRID, files)
    (tmp_path / "packages/gambia/datasets/gridfinder/version_1/data/a.tif").write_bytes(b"bad!")
    assert await storage.tree.read(files["a.tif"]) == b"good"


async def test_a_death_between_marker_and_copies_shows_the_new_data(stack_env: dict[str, str], tmp_path: Path):
    async with in_bucket(stack_env) as storage:
        await storage.replace_data(GRID, await staged(storage, tmp_path, "one", a=b"old", b=b"old"))
        new = await staged(storage, tmp_path, "two", a=b"newer")
        tree, copy = storage.tree, storage.tree.store.copy

        async def die(*_: object) -> None:
            raise OSError("killed")

        tree.store.copy = die
        with pytest.raises(OSError, match="killed"):
            await storage.replace_data(GRID, new)
        assert await content_of(storage, GRID) == {"a.tif": 5}
        path = "gambia/datasets/gridfinder/version_1/data/"
        assert (await tree.entry(f"{path}a.tif")).bytes == 5
        assert await tree.entry(f"{path}b.tif") is None
        assert "/.staged/two/a.tif" in (await tree.address(f"{path}a.tif"))[1]
        tree.store.copy = copy
        await storage.replace_data(GRID, new)
        assert [key for key in await tree.keys("") if not key.startswith(".staged")] == [f"{path}a.tif"]


async def test_without_a_folder_the_first_use_says_which_setting_is_missing(tmp_path: Path, monkeypatch):
    storage = in_folder(Path())
    storage.tree._root = None
    with pytest.raises(Exception, match="AUTOPKG_LOCALFS_STORAGE_BACKEND_ROOT is not set"):
        await storage.packages()
