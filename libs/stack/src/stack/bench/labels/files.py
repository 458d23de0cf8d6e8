"""`python -m stack.bench.labels.files [NUMBER]`: 10,000 files become images while their worker is killed again and
again; near duplicates among 20,000 pictures. Takes some ten minutes."""

import hashlib
import io
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp

import boto3
import psutil
from PIL import Image
from rich.console import Console

from fairway import Fairway
from stack import pids
from stack.bench.labels.duplicates import duplicates
from stack.bench.rows import Row, table
from stack.bench.system import System, memory, system
from stack.home import Home
from stack.platform import run
from stack.processes import Daemon

FILES = 10_000
KILLS = 4
UPLOADS = 16
LIMIT = 3600
TITLE = "bench-files"


def picture(number: int) -> bytes:
    """A small picture that no other number has."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (number % 251, number // 251 % 251, number % 17)).save(file, "PNG")
    return file.getvalue() + number.to_bytes(4, "big")


def ingested(running: System, count: int) -> list[Row]:
    """Uploads go straight into the dropbox, as many parties at once would send them."""
    with Fairway(running.url, running.token) as fairway:
        made = fairway.image_sets.create(TITLE)
        prefix = (made.upload or {})["key_prefix"]
        digests = dict(_uploaded(running, prefix, count))
        fairway.image_sets.finish(made.imageset_id)
        started = time.monotonic()
        peaks = _taken_in(running, fairway, made.imageset_id)
        method = f"killed {KILLS} times on the way, {time.monotonic() - started:.0f} s"
    with running.connect("catalog") as db:
        rows = db.execute("select blobstorage_path, sha256 from labelstore.images").fetchall()
    found = {path.rpartition("/")[2]: digest for path, digest in rows}
    missing = sum(found.get(name) != one for name, one in digests.items())
    return [
        Row(f"{count:,} files become images, each once", len(rows), "images", f"<= {count}", method),
        Row("files without an image of their hash", missing, "", "<= 0", method),
        Row("worker at the most, less than at its start", max(peaks) - peaks[0], "MB", "<= 64", f"{max(peaks):.0f} MB"),
    ]


def _taken_in(running: System, fairway: Fairway, imageset_id: int) -> list[float]:
    """Waits for the end of the ingest, whose worker is killed on the way. Returns the worker's megabytes."""
    worker, peaks = _worker(running), list[float]()
    try:
        for kill in range(KILLS + 1):
            peaks += _watched(fairway, imageset_id, worker, 15 if kill < KILLS else LIMIT)
            if kill < KILLS and worker.pid:
                pids.kill([psutil.Process(worker.pid)])
                worker = _worker(running)
    finally:
        worker.stop()
    return peaks


def _uploaded(running: System, prefix: str, count: int) -> Iterator[tuple[str, str]]:
    env = running.env
    client = boto3.client(
        "s3", endpoint_url=env["AWS_ENDPOINT_URL"], aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1",
    )  # fmt: skip

    def one(number: int) -> tuple[str, str]:
        name, data = f"{number:06}.png", picture(number)
        client.put_object(Bucket=env["BUCKET_NAME"], Key=prefix + name, Body=data)
        return name, hashlib.sha256(data).hexdigest()

    with ThreadPoolExecutor(UPLOADS) as pool:
        yield from pool.map(one, range(count))


def _worker(running: System) -> Daemon:
    daemon = run.worker(running.home, running.env, "catalog")
    daemon.env = {**daemon.env, "LOG_LEVEL": "WARNING"}
    return daemon.start()


def _watched(fairway: Fairway, imageset_id: int, worker: Daemon, seconds: float) -> list[float]:
    """Returns the resident megabytes of the worker, once a second, until the set is done or the time is over. An ingest
    whose workers died too often is begun anew, as its error asks for."""
    found, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        if worker.pid and psutil.pid_exists(worker.pid):
            found.append(memory(worker.pid)[1])
        ingest = fairway.image_sets.get(imageset_id).ingest
        if ingest["state"] == "done":
            break
        if ingest["state"] == "failed":
            assert "interrupted" in ingest["error"], ingest
            fairway.transport.write("POST", f"/image_sets/{imageset_id}/ingest")
        time.sleep(1)
    return found or [0.0]


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    rows = duplicates(number * 2)
    with system(Home(Path(mkdtemp(prefix="fairway-bench-")))) as running:
        rows += ingested(running, number)
    Console().print(table(rows))
