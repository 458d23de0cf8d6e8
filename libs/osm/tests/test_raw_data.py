"""Against the sandbox of the Raw Data API, and against a server of our own that misbehaves."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
import pytest_asyncio
import shapely
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from kit.http.outbound import Outbound
from kit.testing import free_port
from osm.raw_data import NAME, RawData, RawDataError
from osm.snapshot import BadSnapshot, read_snapshot
from stack.home import Home
from stack.sandbox import sandbox, village

BUILDINGS = {"tags": {"polygon": {"join_or": {"building": []}}}}
AREA = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}


def packed(entries: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return content.getvalue()


GOOD = packed({"clipping_boundary.geojson": b"{}", f"{NAME}.geojson": orjson.dumps({"features": [{"a": 1}]})})


@pytest.fixture(scope="module")
def rawdata(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    daemon, url = sandbox("rawdata", home=Home(tmp_path_factory.mktemp("sandbox")))
    daemon.start()
    yield url
    daemon.stop()


@pytest.mark.spec("21.3", "snapshot, poll track_link, zip with geojson")
@pytest.mark.spec("25", "187")
async def test_features_that_cross_the_edge_are_included(rawdata: str):
    outbound = Outbound(urlsplit(rawdata).netloc)
    house = shapely.geometry.shape(village.features()[0]["geometry"])
    west, south, east, north = house.bounds
    half = shapely.geometry.mapping(shapely.box(west, south, (west + east) / 2, north))
    found = await RawData(rawdata, outbound, interval=0.01).features(half, BUILDINGS, "polygon")
    assert all({"osm_id", "osm_type", "tags"} <= one["properties"].keys() for one in found)
    assert any(shapely.geometry.shape(one["geometry"]).equals(house) for one in found)
    await outbound.stop()


@pytest.mark.spec("21.3", "FAILED is an error")
async def test_a_failed_task_says_why(rawdata: str):
    outbound = Outbound(urlsplit(rawdata).netloc)
    with pytest.raises(RawDataError, match="refused to export this area: the request could not be read") as caught:
        await RawData(rawdata, outbound, interval=0.01).features({"type": "Nothing"}, BUILDINGS, "polygon")
    assert not caught.value.transient
    await outbound.stop()


@pytest.mark.spec("21.3", "status lastUpdated")
async def test_the_age_of_the_data_is_told(rawdata: str):
    outbound = Outbound(urlsplit(rawdata).netloc)
    moment = await RawData(rawdata, outbound).last_updated()
    assert timedelta() <= datetime.now(UTC) - moment < timedelta(minutes=10)
    await outbound.stop()


class Service:
    """Beneath `/v1`; `link`, `task`, `archive` and `age` are what it answers next."""

    def __init__(self) -> None:
        self.link: Any = "/tasks/status/1/"
        self.task: Any = {"status": "SUCCESS", "result": {"download_url": "moved"}}
        self.archive = GOOD
        self.age: Any = {"lastUpdated": "2026-11-20T10:00:00"}
        self.asked: list[dict[str, Any]] = []

    async def snapshot(self, request: Request) -> Response:
        self.asked.append(await request.json() | {"referer": request.headers["referer"]})
        return JSONResponse({"track_link": self.link})

    async def status(self, request: Request) -> Response:
        task = orjson.loads(orjson.dumps(self.task))
        if isinstance(task.get("result"), dict):
            task["result"]["download_url"] = f"{request.base_url}v1/moved"
        return JSONResponse(task)

    async def updated(self, request: Request) -> Response:
        return JSONResponse(self.age, 503 if self.age is None else 200)

    async def moved(self, request: Request) -> Response:
        return RedirectResponse("/v1/file.zip")

    async def file(self, request: Request) -> Response:
        return Response(self.archive, media_type="application/zip")

    def application(self) -> Starlette:
        return Starlette(routes=[
            Route("/v1/snapshot/", self.snapshot, methods=["POST"]), Route("/v1/tasks/status/1/", self.status),
            Route("/v1/status", self.updated),
            Route("/v1/moved", self.moved), Route("/v1/file.zip", self.file),
        ])  # fmt: skip


@pytest_asyncio.fixture(scope="module")
async def port() -> AsyncIterator[tuple[int, dict[str, Service]]]:
    number, current = free_port(), {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await current["service"].application()(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(app, port=number, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.02)
    yield number, current
    server.should_exit = True
    await task


@pytest_asyncio.fixture
async def service(port: tuple[int, dict[str, Service]]) -> Service:
    port[1]["service"] = made = Service()
    return made


@pytest_asyncio.fixture
async def client(port: tuple[int, dict[str, Service]], service: Service) -> AsyncIterator[RawData]:
    outbound = Outbound(f"127.0.0.1:{port[0]}")
    yield RawData(f"http://127.0.0.1:{port[0]}/v1/", outbound, interval=0.01, limit=0.5)
    await outbound.stop()


async def test_a_moment_without_a_zone_is_utc(client: RawData):
    assert await client.last_updated() == datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "words"),
    [(None, "not known"), ([], "unreadable"), ({}, "unreadable"), ({"lastUpdated": "lately"}, "unreadable")],
)
async def test_an_age_that_is_not_told_is_an_error(service: Service, client: RawData, age: Any, words: str):
    service.age = age
    with pytest.raises(RawDataError, match=words) as caught:
        await client.last_updated()
    assert caught.value.transient


@pytest.mark.spec("21.3", "zip with geojson, poll track_link")
@pytest.mark.parametrize("link", ["/tasks/status/1/", "/v1/tasks/status/1/"])
async def test_the_archive_is_found_behind_a_redirect(service: Service, client: RawData, link: str):
    service.link = link
    assert await client.features(AREA, BUILDINGS, "polygon") == [{"a": 1}]
    asked = service.asked[0]
    assert (asked["useStWithin"], asked["geometryType"], asked["filters"], asked["geometry"], asked["referer"]) == (
        False, ["polygon"], BUILDINGS, AREA, "fAIr",
    )  # fmt: skip


@pytest.mark.spec("21.3", "poll track_link")
async def test_polling_ends(service: Service, client: RawData):
    service.task = {"status": "PENDING", "result": None}
    with pytest.raises(RawDataError, match="takes too long") as caught:
        await client.features(AREA, BUILDINGS, "polygon")
    assert caught.value.transient


@pytest.mark.parametrize("link", ["https://elsewhere.example/", "//elsewhere.example/x", 5, None, ""])
async def test_another_host_is_never_asked(service: Service, client: RawData, link: object):
    service.link = link
    with pytest.raises(RawDataError, match="unreadable"):
        await client.features(AREA, BUILDINGS, "polygon")


async def test_unreachable_service_is_worth_another_try():
    outbound = Outbound(f"127.0.0.1:{(silent := free_port())}")
    with pytest.raises(RawDataError, match="could not be fetched") as caught:
        await RawData(f"http://127.0.0.1:{silent}", outbound).features(AREA, BUILDINGS, "polygon")
    assert caught.value.transient


def test_the_outline_of_the_area_is_never_taken_for_features():
    assert read_snapshot(GOOD, f"{NAME}.geojson") == [{"a": 1}]


@pytest.mark.parametrize(
    "content",
    [
        b"PK rubbish",
        packed({"readme.txt": b""}),
        packed({"clipping_boundary.geojson": b'{"features": []}'}),
        packed({f"{NAME}.geojson": b"{"}),
        packed({f"{NAME}.geojson": b"[]"}),
        packed({f"{NAME}.geojson": b" " * (60 << 20)}),
        packed({f"{n}.geojson": b"{}" for n in range(11)}),
    ],
)
def test_broken_and_swelling_archives_are_refused_in_words(content: bytes):
    with pytest.raises(BadSnapshot, match=r"archive|too much"):
        read_snapshot(content, f"{NAME}.geojson")
