"""ENABLE_SENTRY: what is logged as an error arrives at the DSN, and nothing that a variable held."""

import gzip
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

PROGRAM = """
import logging, sys, sentry_sdk
from kit.telemetry import sentry
sentry.init("toy", sys.argv[1])
password = "value-of-" + "a-variable"
try:
    raise RuntimeError("it broke")
except RuntimeError as error:
    logging.getLogger("toy").error("toy.failed", exc_info=error)
sentry_sdk.flush(5)
"""


@pytest.fixture
def receiver():
    """A DSN, and the envelopes that came to it."""
    envelopes: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            envelopes.append((gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://key@127.0.0.1:{server.server_port}/1", envelopes
    server.shutdown()


@pytest.mark.spec("20.2", "ENABLE_SENTRY, SENTRY_DSN")
def test_errors_arrive_without_values(receiver):
    dsn, envelopes = receiver
    subprocess.run([sys.executable, "-c", PROGRAM, dsn], check=True, timeout=60)
    assert any("it broke" in envelope and "toy.failed" in envelope for envelope in envelopes)
    assert not any("value-of-a-variable" in envelope for envelope in envelopes)
