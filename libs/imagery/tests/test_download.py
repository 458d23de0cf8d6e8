"""Against a tile server of our own on a free port."""

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import pytest_asyncio
import rasterio
import uvicorn
from morecantile import Tile, tms
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from imagery import BadTemplate, NoTiles, Template, download, resolve_template
from imagery.geotiff import BadTile, geotiff
from kit.http.outbound import Outbound, OutboundError
from kit.testing import free_port

GRID = tms.get("WebMercatorQuad")
TILES = [Tile(x, 220241, 19) for x in range(386690, 386696)]
PICTURE = np.random.default_rng(1).integers(0, 255, (256, 256, 3), np.uint8)


def encoded(kind: str, pixels=PICTURE) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, kind, quality=90)
    return content.getvalue()


@contextmanager
def opened(content: bytes) -> Iterator[rasterio.DatasetReader]:
    with rasterio.MemoryFile(content) as memory, memory.open() as chip:
        yield chip


class Server:
    """`/ok/z/x/y`, `/flaky` (every second answer is 503), `/holes` (one tile only), `/text`, `/gone`."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    async def tile(self, request: Request) -> Response:
        mode, x = request.path_params["mode"], request.path_params["x"]
        self.asked[f"{mode}-{x}"] += 1
        if mode == "text":
            return Response("no picture here", media_type="image/png")
        if mode == "gone" or (mode == "holes" and x != TILES[3].x):
            return Response("gone", 404)
        if mode == "flaky" and self.asked[f"{mode}-{x}"] % 2:
            return Response("busy", 503)
        return Response(encoded("PNG"), media_type="image/png")

    async def tilejson(self, request: Request) -> JSONResponse:
        return JSONResponse({"tiles": [f"{request.base_url}ok/{{z}}/{{x}}/{{y}}"], "scheme": "tms"})

    async def empty(self, request: Request) -> JSONResponse:
        return JSONResponse({"tiles": ["https://127.0.0.1/{x}/{y}/{z}"]})


@pytest_asyncio.fixture(scope="module")
async def served() -> AsyncIterator[tuple[Server, str]]:
    ours, port = Server(), free_port()
    routes = [
        Route("/{mode}/{z:int}/{x:int}/{y:int}", ours.tile),
        Route("/set/tilejson.json", ours.tilejson),
        Route("/bad/tilejson.json", ours.empty),
    ]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=port, log_level="warning"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield ours, f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


@pytest_asyncio.fixture
async def outbound(served) -> AsyncIterator[Outbound]:
    client = Outbound(served[1].removeprefix("http://"))
    yield client
    await client.stop()


async def fetched(url: str, outbound: Outbound, mode: str) -> tuple[dict[str, bytes], object, list[tuple[int, int]]]:
    saved: dict[str, bytes] = {}
    progress: list[tuple[int, int]] = []

    async def save(name: str, content: bytes) -> None:
        saved[name] = content

    async def told(done: int, total: int) -> None:
        progress.append((done, total))

    result = await download(TILES, Template.of(f"{url}/{mode}/{{z}}/{{x}}/{{y}}"), outbound, save, told)
    return saved, result, progress


async def test_all_tiles_become_georeferenced_chips(served, outbound):
    saved, result, progress = await fetched(served[1], outbound, "ok")
    assert sorted(saved) == sorted(result.saved) == [f"OAM-{t.x}-{t.y}-19.tif" for t in TILES]
    assert progress[-1] == (6, 6)
    with opened(saved["OAM-386690-220241-19.tif"]) as chip:
        assert chip.crs.to_epsg() == 3857
        assert chip.bounds == pytest.approx(GRID.xy_bounds(TILES[0]))
        assert (chip.read().transpose(1, 2, 0) == PICTURE).all()


async def test_stumbling_server_is_asked_again(served, outbound):
    saved, result, _ = await fetched(served[1], outbound, "flaky")
    assert (len(saved), result.failed) == (6, {})


@pytest.mark.spec("18.6", "failed tiles tolerated")
async def test_one_tile_is_enough(served, outbound):
    saved, result, progress = await fetched(served[1], outbound, "holes")
    assert list(saved) == ["OAM-386693-220241-19.tif"]
    assert len(result.failed) == 5
    assert "404" in result.failed["OAM-386690-220241-19.tif"]
    assert progress[-1] == (6, 6)


@pytest.mark.parametrize(("mode", "words"), [("gone", "HTTP 404"), ("text", "not of the expected kind")])
async def test_no_tile_at_all_says_why(served, outbound, mode, words):
    with pytest.raises(NoTiles, match=words) as none:
        await fetched(served[1], outbound, mode)
    assert not none.value.transient


async def test_dead_server_is_worth_another_try(outbound):
    port = free_port()
    client = Outbound(f"127.0.0.1:{port}")
    with pytest.raises(NoTiles, match="cannot be reached") as none:
        await download(TILES[:1], Template.of(f"http://127.0.0.1:{port}/{{z}}{{x}}{{y}}"), client, _nowhere)
    assert none.value.transient


async def _nowhere(name: str, content: bytes) -> None:
    raise AssertionError(name)


class Full(Exception):
    pass


async def test_error_of_the_store_comes_out_as_itself(served, outbound):
    async def save(name: str, content: bytes) -> None:
        raise Full

    with pytest.raises(Full):
        await download(TILES, Template.of(f"{served[1]}/ok/{{z}}/{{x}}/{{y}}"), outbound, save)


@pytest.mark.spec("18.6", "TileJSON")
async def test_tilejson_leads_to_its_template(served, outbound):
    template = await resolve_template(f"{served[1]}/set/tilejson.json", outbound)
    assert template == Template(f"{served[1]}/ok/{{z}}/{{x}}/{{y}}", tms=True)


async def test_tilejson_must_not_lead_inside(served, outbound):
    with pytest.raises(OutboundError) as refused:
        await resolve_template(f"{served[1]}/bad/tilejson.json", outbound)
    assert refused.value.code == "address_private"
    with pytest.raises(BadTemplate):
        await resolve_template(f"{served[1]}/ok/1/2/3", outbound)


def test_jpeg_stays_jpeg_and_close():
    smooth = np.array(Image.fromarray(PICTURE).resize((8, 8)).resize((256, 256)))
    with opened(geotiff(encoded("JPEG", smooth), TILES[0])) as chip:
        assert chip.profile["compress"] == "jpeg"
        assert np.abs(chip.read().transpose(1, 2, 0).astype(int) - smooth).mean() < 3


def test_transparent_part_becomes_a_mask_and_empty_tiles_are_refused():
    alpha = np.dstack([PICTURE, np.full((256, 256), 255, np.uint8)])
    alpha[:50, :, 3] = 0
    with opened(geotiff(encoded("PNG", alpha), TILES[0])) as chip:
        assert chip.dataset_mask()[:50].max() == 0
    alpha[:, :, 3] = 0
    with pytest.raises(BadTile, match="no picture"):
        geotiff(encoded("PNG", alpha), TILES[0])


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\nrubbish", encoded("PNG")[:200],
                                     encoded("PNG", np.zeros((5000, 10, 3), np.uint8))])  # fmt: skip
def test_broken_or_huge_pictures_are_refused(content):
    with pytest.raises(BadTile):
        geotiff(content, TILES[0])


def deep_rgb(values: np.ndarray) -> bytes:
    with rasterio.MemoryFile() as memory:
        with memory.open(
            driver="PNG", dtype="uint16", count=3, height=values.shape[0], width=values.shape[1]
        ) as target:
            target.write(np.stack([values] * 3))
        return bytes(memory.getbuffer())


def test_imagery_of_sixteen_bits_is_refused_with_words_and_never_bent():
    """Pillow would clip grey to white, and show RGB of a camera's 12 bits nearly black."""
    values = np.linspace(0, 4000, 64 * 64).reshape(64, 64).astype(np.uint16)
    grey = io.BytesIO()
    Image.fromarray(values).save(grey, "PNG")
    for content in (grey.getvalue(), deep_rgb(values)):
        with pytest.raises(BadTile, match="16 bits a band"):
            geotiff(content, TILES[0])


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA"])
def test_other_pictures_of_eight_bits_become_rgb(mode):
    content = io.BytesIO()
    Image.fromarray(PICTURE).convert(mode).save(content, "PNG")
    with opened(geotiff(content.getvalue(), TILES[0])) as chip:
        assert (chip.count, set(chip.dtypes)) == (3, {"uint8"})


def test_neighbours_share_their_edge():
    with opened(geotiff(encoded("PNG"), TILES[0])) as west, opened(geotiff(encoded("PNG"), TILES[1])) as east:
        assert west.bounds.right == pytest.approx(east.bounds.left)
