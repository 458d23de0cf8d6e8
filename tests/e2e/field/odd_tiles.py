"""A tile server as people meet them: `/<set>/{z}/{x}/{y}.png`. In the set `mixed` each tile of a row has a trouble of
its own; `south` counts rows from the south and misses one tile; `token` asks for a key; `half` is transparent in the
west."""

import io
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image
from rasterio.io import MemoryFile

from stack.sandbox import synthetic_tiles
from tests.e2e.field.places import CORNER, ZOOM

KEY = "not-for-everybody-77"
TROUBLES = (
    "good", "octet", "untyped", "nocontent", "notfound", "html", "half a file", "deep", "deep grey", "busy",
    "stumbling", "good",
)  # fmt: skip
"""Of the tiles of the set `mixed`, eastwards from the corner."""
LOST = {"nocontent", "notfound", "html", "half a file", "deep", "deep grey"}
MISSING = (1, 2)
"""Column and row of the tile that `south` does not have."""


def picture(x: int, y: int) -> Image.Image:
    """Reddish roofs on green ground."""
    return Image.open(
        io.BytesIO(synthetic_tiles.picture(x % synthetic_tiles.TILES, y % synthetic_tiles.TILES))
    ).convert("RGB")


def png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def deep(image: Image.Image, grey: bool) -> bytes:
    """A PNG of 16 bits a band as satellites deliver it: the values use the lowest eleven."""
    values = np.atleast_3d(np.asarray(image.convert("L" if grey else "RGB"))).astype(np.uint16) * 8
    height, width, count = values.shape
    with MemoryFile() as memory:
        with memory.open(driver="PNG", width=width, height=height, count=count, dtype="uint16") as target:
            target.write(values.transpose(2, 0, 1))
        return bytes(memory.getbuffer())


class OddTiles(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.asked: Counter[str] = Counter()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, name: str, rest: str = "{z}/{x}/{y}.png") -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}/{rest}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: OddTiles

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self.server.asked[path] += 1
        name, *rest = path.strip("/").split("/")
        if rest == ["tilejson.json"]:
            tiles = f'{{"tilejson": "3.0.0", "tiles": ["{self.server.url("good")}"], "minzoom": 10, "maxzoom": 22}}'
            return self.answer(200, tiles.encode(), "application/json")
        z, x, y = (int(part.removesuffix(".png")) for part in rest)
        if z != ZOOM:
            return self.answer(404, b"no such zoom", "text/plain")
        self.tile(name, x, 2**z - 1 - y if name == "south" else y, query)

    def tile(self, name: str, x: int, y: int, query: str) -> None:
        image = picture(x, y)
        if name == "token" and f"access_token={KEY}" not in query:
            return self.answer(401, b"who are you?", "text/plain")
        if name == "south" and (x - CORNER.x, y - CORNER.y) == MISSING:
            return self.answer(404, b"no such tile", "text/plain")
        if name == "half":
            clear = np.dstack([np.asarray(image), np.full((256, 256), 255, np.uint8)])
            clear[:, :128, 3] = 0
            image = Image.fromarray(clear)
        if name == "mixed":
            return self.trouble(TROUBLES[(x - CORNER.x) % len(TROUBLES)], image)
        self.answer(200, png(image), "image/png")

    def trouble(self, name: str, image: Image.Image) -> None:
        content = png(image)
        first = self.server.asked[self.path] == 1
        if name == "nocontent":
            self.answer(204)
        elif name == "notfound":
            self.answer(404, b"no such tile", "text/plain")
        elif name == "html":
            self.answer(200, b"<html><body>Quota exceeded</body></html>", "image/png")
        elif name == "half a file":
            self.answer(200, content[: len(content) // 2], "image/png")
        elif name in ("busy", "stumbling") and first:
            self.answer(429 if name == "busy" else 503, b"later", "text/plain", {"Retry-After": "1"})
        elif name in ("deep", "deep grey"):
            self.answer(200, deep(image, name == "deep grey"), "image/png")
        else:
            self.answer(200, content, {"octet": "application/octet-stream", "untyped": ""}.get(name, "image/png"))

    def answer(self, status: int, content: bytes = b"", kind: str = "", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            if value:
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
