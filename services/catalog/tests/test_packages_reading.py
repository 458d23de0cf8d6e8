"""Packages over the bus, from a storage that others write."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
import shapely
from package_storages import HOST
from sqlalchemy import delete

from catalog.packages.packages.tables import PackageDatasetRow
from contracts.catalog import boundaries as b
from contracts.catalog import packages as c
from extracts.names import is_own_area, own_area_name
from kit.errors import NotFound
from kit.testing import ADMIN, Caller

pytestmark = pytest.mark.usefixtures("running")
OWN = own_area_name("ab" * 32)
TEST = "datasets/test_processor/version_1"


@pytest.fixture
def put(packages_root: Path) -> Callable[..., None]:
    """Writes files as somebody outside does; the storage is empty before."""
    for path in packages_root.glob("[!.]*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    def write(*paths: str, content: Any = b"x") -> None:
        for path in paths:
            (packages_root / path).parent.mkdir(parents=True, exist_ok=True)
            (packages_root / path).write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))

    return write


async def load(caller: Caller, *names: str) -> None:
    outline = shapely.geometry.mapping(shapely.box(1, 2, 3, 4))
    features = [
        {"type": "Feature", "properties": {"name": name, "name_long": name.title()}, "geometry": outline}
        for name in names
    ]
    collection = {"type": "FeatureCollection", "features": features}
    assert (await caller.send(b.ImportBoundaries(collection=collection, wipe=True), ADMIN)).http == 201


def descriptor(package: str, **sizes: int) -> dict[str, Any]:
    """A data package of the test processor's files, made when packages were served elsewhere."""
    files = [
        {"path": f"http://old/{package}/{TEST}/data/{name}.tif", "bytes": size, "sha1": "0" * 40, "sha256": "a" * 64}
        for name, size in sizes.items()
    ]
    resource = {
        "name": "test_processor",
        "version": "version_1",
        "processor": "test_processor.version_1",
        "files": files,
    }
    return {"name": package, "title": "The title", "updated": "2026-05-01T10:00:00Z", "resources": [resource]}


async def refusal(caller: Caller, query: Any) -> str:
    with pytest.raises(NotFound) as error:
        await caller.ask(query)
    return error.value.detail


async def test_packages_are_the_folders_of_the_storage(caller: Caller, put: Callable[..., None], packages_root: Path):
    put("zambia/index.html", "gambia/x", "file.txt", f"{OWN}/index.html")
    (packages_root / "mali").mkdir()
    listed = await caller.ask(c.ListPackages())
    assert listed == [
        {"boundary_name": name, "uri": f"{HOST}/{name}/"} for name in ("gambia", "mali", "zambia")
    ]  # fmt: skip
    assert [row["boundary_name"] for row in await caller.ask(c.ListPackages(after="gambia", limit=1))] == ["mali"]
    shutil.rmtree(packages_root / "mali")
    assert len(await caller.ask(c.ListPackages())) == 2


async def test_a_package_shows_what_is_stored_of_known_processors(caller: Caller, put: Callable[..., None]):
    await load(caller, "gambia")
    put(f"gambia/{TEST}/data/gambia_test.tif", "gambia/datasets/gridfinder/version_0/x", "gambia/datasets/nobody/v/x")
    put("gambia/datasets/storm/page.html", "gambia/datasets/natural_earth_raster/version_1/data/x.tif")
    found = await caller.ask(c.GetPackage(name="gambia"))
    assert (found["boundary_name"], found["uri"], found["datapackage"]) == ("gambia", f"{HOST}/gambia/", {})
    assert found["boundary"] == await caller.ask(b.GetBoundary(name="gambia"))
    shown = [(one["name"], [(v["status"], v["uri"]) for v in one["versions"]]) for one in found["processors"]]
    assert shown == [
        (name, [("complete", f"{HOST}/gambia/datasets/{name}/version_1/")])
        for name in ("natural_earth_raster", "test_processor")
    ]
    for damaged in (b"{", b"[]"):
        put("gambia/datapackage.json", content=damaged)
        assert (await caller.ask(c.GetPackage(name="gambia")))["datapackage"] == {}
    put("gambia/datapackage.json", content={"name": "gambia"})
    assert (await caller.ask(c.GetPackage(name="gambia")))["datapackage"] == {"name": "gambia"}


async def test_what_is_no_package_says_why(caller: Caller, put: Callable[..., None]):
    await load(caller, "mali")
    put("mali/datasets/nobody/v/x", "mali/index.html", "chad/index.html", f"gone/{TEST}/data/x.tif")
    for name in ("togo", "..", "Mali"):
        assert await refusal(caller, c.GetPackage(name=name)) == f"Package {name} not found"
    for name in ("mali", "chad"):
        text = f"Package {name} has no existing or executing datasets"
        assert await refusal(caller, c.GetPackage(name=name)) == text
    assert await refusal(caller, c.GetPackage(name="gone")) == "Requested boundary gone could not be found"


async def test_an_own_area_is_read_by_whoever_knows_its_name(caller: Caller, put: Callable[..., None]):
    outline = shapely.geometry.mapping(shapely.MultiPolygon([shapely.box(1, 2, 3, 4)]))
    put(f"{OWN}/boundary.geojson", content={"type": "Feature", "properties": {}, "geometry": outline})
    put(f"{OWN}/{TEST}/data/x.tif")
    put(f"{OWN}/datapackage.json", content=descriptor(OWN, x=1))
    found = await caller.ask(c.GetPackage(name=OWN))
    assert (found["boundary"]["name_long"], found["boundary"]["geometry"]["type"]) == ("The title", "MultiPolygon")
    assert found["boundary"]["envelope"]["coordinates"] == [[[1, 2], [1, 4], [3, 4], [3, 2], [1, 2]]]
    assert (await caller.ask(c.GetPackageFile(path=f"{OWN}/{TEST}/data/x.tif")))["bytes"] == 1
    assert await caller.ask(c.ListPackages()) == await caller.ask(c.PackagesIndex()) == []
    assert (await caller.ask(c.GetPackageFile(path="")))["entries"] == []
    put(f"{OWN}/boundary.geojson", content=b"{")
    assert (await caller.ask(c.GetPackage(name=OWN)))["boundary"]["envelope"] is None


async def test_files_and_folders_are_served(caller: Caller, put: Callable[..., None], packages_root: Path):
    put("gambia/index.html", f"gambia/{TEST}/data/x.tif", f"gambia/{TEST}/data/sub/y.gpkg", "gambia/.hidden")
    found = await caller.ask(c.GetPackageFile(path=f"gambia/{TEST}/data/x.tif"))
    assert (found["kind"], found["bytes"], found["is_index"]) == ("file", 1, False)
    assert found["path"] == str((packages_root / f"gambia/{TEST}/data/x.tif").resolve())
    assert (found["media_type"], found["etag"][:1], found["url"]) == ("image/tiff; application=geotiff", '"', "")
    for path in ("gambia", "gambia/"):
        index = await caller.ask(c.GetPackageFile(path=path))
        assert (index["is_index"], index["media_type"]) == (True, "text/html; charset=utf-8")
    for path, entries in (
        (f"gambia/{TEST}/data", ["sub/", "x.tif"]),
        ("", ["gambia/"]),
        ("gambia/datasets/", ["test_processor/"]),
    ):
        folder = await caller.ask(c.GetPackageFile(path=path))
        assert (folder["kind"], folder["entries"]) == ("folder", entries)
    for path in (
        "..",
        "gambia/../zambia",
        "gambia/.hidden",
        ".store",
        "togo",
        "gambia/none",
        "/etc/passwd",
        "gambia//",
        "a\0",
    ):
        assert await refusal(caller, c.GetPackageFile(path=path))


async def test_the_files_of_a_download_have_the_sums_that_are_known(caller: Caller, put: Callable[..., None]):
    put(
        f"gambia/{TEST}/data/x.tif",
        f"gambia/{TEST}/index.html",
        "gambia/version.html",
        "gambia/datasets/storm/v/data/s.tif",
    )
    put(f"gambia/{TEST}/data/changed.tif", content=b"longer")
    put("gambia/datapackage.json", content=descriptor("gambia", x=1, changed=3))
    members = await caller.ask(c.PackageContents(name="gambia"))
    assert [(one["path"].removeprefix("datasets/"), one["sha256"][:1]) for one in members] == [
        ("datapackage.json", ""), ("version.html", ""), ("storm/v/data/s.tif", ""),
        ("test_processor/version_1/index.html", ""), ("test_processor/version_1/data/changed.tif", ""),
        ("test_processor/version_1/data/x.tif", "a"),
    ]  # fmt: skip
    chosen = await caller.ask(c.PackageContents(name="gambia", processors=["storm.v"]))
    assert [one["path"] for one in chosen] == ["datapackage.json", "version.html", "datasets/storm/v/data/s.tif"]
    for query in (c.PackageContents(name="togo"), c.PackageContents(name="gambia", processors=["storm.w"])):
        assert await refusal(caller, query)


async def test_the_index_has_areas_addresses_sizes_sums_and_dates(caller: Caller, put: Callable[..., None]):
    await load(caller, "gambia")
    put("gambia/datapackage.json", content=descriptor("gambia", x=1, y=2))
    put("zambia/datapackage.json", content={"resources": [{"files": [{"path": 7}, {}]}, 5], "updated": "yesterday"})
    first, second = await caller.ask(c.PackagesIndex())
    path = f"{HOST}/gambia/{TEST}/data/x.tif"
    assert first["files"][0] == {"path": path, "bytes": 1, "sha256": "a" * 64, "modified": "2026-05-01T10:00:00+00:00"}
    assert (first["name_long"], first["bbox"], first["bytes"]) == ("Gambia", [1, 2, 3, 4], 3)
    assert (second["boundary_name"], second["bbox"], second["files"]) == ("zambia", None, [])
    assert [one["boundary_name"] for one in await caller.ask(c.PackagesIndex(after="gambia"))] == ["zambia"]


async def test_a_package_says_how_fresh_its_datasets_are(running, caller: Caller, put: Callable[..., None]):
    await load(caller, "gambia")
    put(f"gambia/{TEST}/data/x.tif")
    made = {
        "request_key": "", "outline_sha256": "", "options": {}, "sources_key": "", "resource": {}, "job_id": uuid4(),
        "user_id": 7, "release": "1.2.0", "expires_at": datetime(2030, 1, 1, tzinfo=UTC), "boundary_name": "gambia",
    }  # fmt: skip
    async with running.db.session() as session, session.begin():
        session.add_all(PackageDatasetRow(processor=name, **made) for name in ("test_processor.version_1", "gone.v1"))
    found = (await caller.ask(c.GetPackage(name="gambia")))["freshness"]
    async with running.db.session() as session, session.begin():
        await session.execute(delete(PackageDatasetRow))
    assert list(found) == ["test_processor.version_1"]
    row = found["test_processor.version_1"]
    assert (row["release"], row["expires_at"]) == ("1.2.0", "2030-01-01T00:00:00+00:00")
    assert datetime.now(UTC) - datetime.fromisoformat(row["made_at"]) < timedelta(minutes=5)


async def test_ready_means_that_a_worker_was_alive_a_moment_ago(running, caller: Caller):
    async def beat(seconds: int) -> None:
        async with running.db.raw() as connection:
            await connection.execute("delete from packages.worker_heartbeats")
            await connection.execute(
                "insert into packages.worker_heartbeats values ('a', now() - %s * interval '1 s')", (seconds,)
            )

    for seconds, ready in ((0, True), (60, False)):
        await beat(seconds)
        assert await caller.ask(c.PackagesReady()) == {"ready": ready}


def test_names_of_own_areas_are_letters_of_their_outline():
    assert OWN == own_area_name("ab" * 32) != own_area_name("ab" * 31 + "aa")
    assert (len(OWN), OWN[:3], OWN.isalpha(), OWN.islower()) == (27, "own", True, True)
    assert is_own_area(OWN)
    assert [is_own_area(name) for name in ("own", "owner", OWN[:-1], f"{OWN}a", OWN.upper())] == [False] * 5
