"""What expires: dataset versions, results and staged files; what is made again; and what the serving process does
without."""

import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import func, select, update

from catalog.packages.packages.tables import PackageDatasetRow
from catalog.packages.production.child.osm_tables import OsmTables
from catalog.packages.production.freshness import Freshness
from catalog.packages.production.processors import Processors
from catalog.packages.production.tables import PackageResultRow
from catalog.packages.production.upkeep import ProductionUpkeep
from catalog.packages.submissions.areas import AreaReader
from catalog.packages.submissions.rules import SubmissionRules
from catalog.packages.submissions.tables import PackageJobRow
from extracts.errors import SourceNotAvailable
from kit.messaging.tables import outbox

HEAVY = {"rasterio", "pyogrio", "pyarrow"}
MODULES = "catalog.main catalog.packages.production.jobs." + " catalog.packages.production.jobs.".join(
    ("task", "part", "dataset", "finalise")
)


def provided(running, kind):
    return next(one for one in running.provides if isinstance(one, kind))


@pytest.fixture
def freshness(running) -> Freshness:
    context = next(one for one in running.provides if hasattr(one, "storage") and hasattr(one, "processors"))
    areas, rules = provided(running, AreaReader), provided(running, SubmissionRules)
    return Freshness(context.storage, areas, rules, provided(running, Processors))


async def change(running, table, values, *where) -> None:
    async with running.db.session() as session, session.begin():
        await session.execute(update(table).where(*where).values(values))


async def test_a_dataset_version_expires(running, packages, workers, freshness):
    await packages.made("malawi", "quick.version_1", "test_fail_processor.version_1")
    assert await freshness.expire(running) == 0
    past = {"expires_at": func.now() - timedelta(seconds=1)}
    await change(running, PackageDatasetRow, past, PackageDatasetRow.boundary_name == "malawi")
    assert await freshness.expire(running) == 1
    assert packages.data("malawi", "quick") == set()
    document, provenance = packages.documents("malawi")
    assert (document["resources"], document["licenses"], len(provenance)) == ([], [], 1)
    expired = select(func.count()).where(outbox.c.subject == "evt.catalog.v1.package_dataset_expired")
    async with running.db.session() as session:
        assert await session.scalar(expired.where(outbox.c.data.like(b"%malawi%"))) == 1
    again = await packages.made("malawi", "quick.version_1")
    assert again["tasks"][0]["job_status"] == "SUCCESS"


async def test_a_new_release_of_a_source_is_made_again(running, packages, workers, freshness):
    await packages.made("lesotho", "quick.version_1")
    of_lesotho = PackageDatasetRow.boundary_name == "lesotho"
    await change(running, PackageDatasetRow, {"sources_key": "older"}, of_lesotho)
    assert await freshness.rebuild(running) == 1
    freshness._compared = float("-inf")
    assert await freshness.rebuild(running) == 0, "a job for it waits"
    mine = select(PackageJobRow.id).where(PackageJobRow.boundary_name == "lesotho", PackageJobRow.redo)
    async with running.db.session() as session:
        (job_id,) = (await session.scalars(mine)).all()
    job = await packages.ended(str(job_id))
    assert (job["user_id"], job["tasks"][0]["job_status"]) == (0, "SUCCESS")
    async with running.db.session() as session:
        assert await session.scalar(select(PackageDatasetRow.sources_key).where(of_lesotho)) != "older"


async def test_results_go_after_their_time(running, packages, workers, freshness):
    job = await packages.made("rwanda", "quick.version_1")
    upkeep = ProductionUpkeep(freshness.storage, freshness, lock=60, kept=1e6)
    mine = PackageResultRow.place == job["tasks"][0]["job_id"].replace("-", "")
    await upkeep.sweep(running, timedelta(0))
    assert [path for path in packages.staged if mine.right.value in str(path)], "a result is kept"
    await change(running, PackageResultRow, {"used_at": func.now() - timedelta(days=30)}, mine)
    assert await upkeep.sweep(running, timedelta(0)) >= 1
    assert not [path for path in packages.staged if mine.right.value in str(path)]
    assert packages.data("rwanda", "quick") == {"quick-version_1-rwanda.gpkg"}


def test_rows_of_a_database_come_by_area_and_read_only(database_url, running):
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute('create table "features" (geom geometry, properties jsonb)')
        for x in (1, 50, 179.5):
            row = f"SRID=4326;LINESTRING({x} 1, {x + 0.1} 1)"
            connection.execute("insert into features values (%s, %s)", (row, f'{{"x": {x}}}'))
    tables = OsmTables(database_url)
    found = tables("features", [(0, 0, 2, 2), (179, 0, 180, 2)])
    assert found.total == 2
    assert sorted(properties["x"] for _, properties in found.rows) == [1, 179.5]
    with pytest.raises(SourceNotAvailable, match="cannot be read"):
        tables('features"; drop table features; --', [(0, 0, 2, 2)])
    with tables._connected() as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("delete from features")


def test_gdal_and_arrow_stay_out_of_service_and_worker():
    code = f"import sys, {MODULES.replace(' ', ', ')}; print(*{HEAVY!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == []
