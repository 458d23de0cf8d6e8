"""Copies of remote objects, against a real HTTP server and, live, a real object store."""

import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import fsspec
import pytest

from geoml.fetch import fetch_file, local_folder


class Content(BaseHTTPRequestHandler):
    body = b"one"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("ETag", f'"{hash(self.body)}"')
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(self.body)

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Content) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}/model.onnx"
        http.shutdown()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIR_CACHE_DIR", str(tmp_path / "cache"))


def test_a_changed_object_is_noticed(server, monkeypatch):
    """Defect 10: files cached for ever by path."""
    key, file = fetch_file(server)
    assert (file.read_bytes(), fetch_file(server)) == (b"one", (key, file))
    monkeypatch.setattr(Content, "body", b"two")
    other, changed = fetch_file(server)
    assert (changed.read_bytes(), other != key) == (b"two", True)


def test_a_missing_object_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        fetch_file(str(tmp_path / "nothing.onnx"))


@pytest.mark.live
def test_a_prefix_of_an_object_store_becomes_a_folder(monkeypatch):
    stack = pytest.importorskip("stack")
    for name, value in stack.up({"s3"}).items():
        monkeypatch.setenv(name, value)
    store, prefix = fsspec.filesystem("s3"), f"fairway/geoml-{uuid.uuid4()}"
    store.pipe({f"{prefix}/chips/a.tif": b"a", f"{prefix}/chips/b.tif": b"b"})
    first = local_folder(f"s3://{prefix}/chips/")
    store.pipe(f"{prefix}/chips/a.tif", b"changed")
    second = local_folder(f"s3://{prefix}/chips")
    store.rm(prefix, recursive=True)
    assert {f.name: f.read_bytes() for f in first.iterdir()} == {"a.tif": b"a", "b.tif": b"b"}
    assert (second / "a.tif").read_bytes() == b"changed"
