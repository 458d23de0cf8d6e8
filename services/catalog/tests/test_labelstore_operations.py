"""Operations of the LabelAPI: `/info/version`, `/info/status` and its sample names, on the internal listener."""

from pathlib import Path

import httpx
import pytest
from labelstore_things import LabelStore, box

from catalog.labelstore.operations.info import Info, newest_revision
from catalog.labelstore.operations.metrics import Figures
from catalog.stac.client import StacClient
from kit.app import Service
from kit.telemetry.health import application
from kit.testing import eventually

pytestmark = pytest.mark.usefixtures("stac")
NAMES = (
    "label_storage_number_of_labeled_images_total", "label_storage_number_of_unlabeled_images",
    "label_storage_number_of_available_images_total", "label_storage_total_storage_container_size_total",
)  # fmt: skip


@pytest.fixture
def listener(running: Service) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application(running))
    return httpx.AsyncClient(transport=transport, base_url="http://internal", trust_env=False)


def samples(text: str) -> dict[str, float]:
    lines = (line.rpartition(" ") for line in text.splitlines() if line.startswith("label_storage_"))
    return {name: float(value) for name, _, value in lines}


async def test_the_version_is_one_line(listener: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GIT_COMMIT", "abc123")
    for name in ("VERSION", "GIT_BRANCH"):
        monkeypatch.delenv(name, raising=False)
    answer = await listener.get("/info/version")
    assert (answer.status_code, answer.text) == (200, "? ? abc123\n")


async def test_all_is_well(listener: httpx.AsyncClient):
    answer = await listener.get("/info/status")
    found = answer.json()
    assert (answer.status_code, found["messages"]) == (200, []), found
    for part in ("database", "objectstore", "messaging", "catalog", "environment"):
        assert all(found[part].values()), found
    assert (await listener.get("/info/status")).json() == found


async def test_what_stands_on_a_failed_check_is_not_checked(running: Service, labels: LabelStore, stac: StacClient):
    info = next(one.endpoint.__self__ for one in running.http_routes if one.path == "/info/status")  # type: ignore[attr-defined]
    away = StacClient("http://127.0.0.1:9", None)
    try:
        found = await Info(running, info.files, away)._checked()
    finally:
        await away.stop()
    assert found["catalog"] == {"can_connect": False, "collection_exists": False}
    assert found["database"] == {"can_connect": True, "schema_current": True}
    assert found["messages"] == ["catalog: can_connect failed: The STAC catalogue is not reachable. Try again."]


def test_the_newest_revision_is_that_of_the_folder():
    folder = Path(__file__).parents[1] / "src/catalog/migrations/versions"
    assert newest_revision() == sorted(path.name[:4] for path in folder.glob("0*.py"))[-1]


async def test_dashboards_of_the_labelapi_find_their_samples(
    labels: LabelStore, running: Service, listener: httpx.AsyncClient
):
    before = samples((await listener.get("/metrics")).text)
    first, second = await labels.images(2)
    number, party = await labels.campaign([first, second])
    for _ in range(2):  # again is not once more
        await labels.done(labels.submission(number, {first: [box(), box()]}), party)
    figures = Figures()
    await figures.count(running)
    found = {sample.name: sample.value for family in figures.collect() for sample in family.samples}
    assert set(found) == set(NAMES)
    assert found[NAMES[0]] >= 1
    assert found[NAMES[3]] >= 2000
    assert not figures.is_due
    after = samples((await listener.get("/metrics")).text)
    bucket = 'label_storage_number_of_bounding_boxes_per_image_bucket{le="2.0"}'
    assert after[bucket] - before.get(bucket, 0) == 2

    async def shown() -> bool:
        return set(NAMES) <= set(samples((await listener.get("/metrics")).text))

    assert await eventually(shown, 30)
