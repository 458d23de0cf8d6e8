"""Outlines of shapes, and a file server that counts what it is asked for: for tests and measurements."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import shapely

from extracts.outline import Outline, read_outline

_RANGE = re.compile(r"bytes=(\d+)-(\d*)$")


MakeRaster = Callable[..., Path]


def outline(shape: shapely.Geometry) -> Outline:
    return read_outline(shapely.to_geojson(shape).encode())


def shared_sample(repository: Path) -> Path:
    """Returns the folder of the sample of packages, which may lie beside the repository. Else skips the test."""
    import pytest

    folder = repository.parent / "shared/data/packages"
    if not folder.is_dir():
        pytest.skip(f"the sample data are not there: {folder.relative_to(repository.parents[1])}")
    return folder


def sample_boundaries(sample: Path) -> dict[str, Outline]:
    """Returns the outlines of 85 countries, by the names that the specification gives them."""
    found = json.loads((sample / "boundaries/africa_europe_85.geojson").read_bytes())["features"]
    letters = "abcdefghijklmnopqrstuvwxyz"
    return {"".join(c for c in one["properties"]["name"].lower() if c in letters): read_outline(one) for one in found}


@dataclass
class FileServer:
    """`sent`: bytes of bodies. `requests`: ranges as asked for, whole files as `None`."""

    folder: Path
    ranges: bool = True
    url: str = ""
    sent: int = 0
    requests: list[tuple[int, int] | None] = field(default_factory=list)
    heads: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def file_server(folder: Path, ranges: bool = True) -> Iterator[FileServer]:
    """Serves a folder on loopback; `ranges=False` gives whole files only."""
    served = FileServer(folder, ranges)
    handler = type("Handler", (_Handler,), {"served": served})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    served: FileServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        path = self.served.folder / self.path.lstrip("/")
        with self.served.lock:
            self.served.heads += 1
        self.send_response(200 if path.is_file() else 404)
        self.send_header("Content-Length", str(path.stat().st_size if path.is_file() else 0))
        if self.served.ranges:
            self.send_header("Accept-Ranges", "bytes")
        self.end_headers()

    def do_GET(self) -> None:
        path = self.served.folder / self.path.lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        size, asked = path.stat().st_size, _RANGE.match(self.headers.get("range", ""))
        if not (asked and self.served.ranges):
            self._send(path, 0, size, None)
            return
        start, end = int(asked[1]), min(int(asked[2] or size - 1), size - 1)
        if start > end:
            self.send_error(416)
            return
        self._send(path, start, end - start + 1, (start, end))

    def _send(self, path: Path, start: int, length: int, part: tuple[int, int] | None) -> None:
        self.send_response(206 if part else 200)
        if part:
            self.send_header("Content-Range", f"bytes {part[0]}-{part[1]}/{path.stat().st_size}")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        with self.served.lock:
            self.served.requests.append(part)
        self._copy(path, start, length)

    def _copy(self, path: Path, start: int, left: int) -> None:
        with path.open("rb") as file:
            file.seek(start)
            while left and (content := file.read(min(left, 1 << 20))):
                try:
                    self.wfile.write(content)
                except ConnectionError:
                    return
                left -= len(content)
                with self.served.lock:
                    self.served.sent += len(content)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""
