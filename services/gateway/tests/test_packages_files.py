"""`/packages/`: files with ranges and conditions, listings, and nothing outside."""

import http.server
import os
import threading
from collections.abc import Iterator
from functools import partial

import pytest
from doors import door_bus, door_owners, owners
from doors import http as door
from package_folder import PackageFolder, folder

from contracts.catalog.packages import GetPackageFile
from kit.testing import free_port

__all__ = ["door", "door_bus", "door_owners", "owners"]
TIF = "/packages/gambia/datasets/grid/version_1/data/grid%20%3C1%3E.tif"
CONTENT = bytes(range(256)) * 4


@pytest.fixture
def served(owners, tmp_path) -> PackageFolder:
    made = folder(tmp_path)
    owners.answer(GetPackageFile, made.answer)
    return made


class Store(http.server.SimpleHTTPRequestHandler):
    """An object store: answers ranges, and nothing else that the gateway would need."""

    def do_GET(self) -> None:
        path = self.translate_path(self.path)
        try:
            content = open(path, "rb").read()  # noqa: SIM115
        except OSError:
            return self.send_error(404)
        given = self.headers.get("range")
        first, last = map(int, given.removeprefix("bytes=").split("-")) if given else (0, len(content) - 1)
        self.send_response(206 if given else 200)
        self.end_headers()
        self.wfile.write(content[first : last + 1])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(params=["folder", "store"])
def stored(request, served) -> Iterator[PackageFolder]:
    """The same files in a folder and in an object store."""
    if request.param == "folder":
        yield served
        return
    port = free_port()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), partial(Store, directory=str(served.root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.base = f"http://127.0.0.1:{port}"
    yield served
    server.shutdown()
    server.server_close()


async def test_a_file_with_what_is_known_of_it(door, stored):
    answer = await door.get(TIF)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    headers = answer.headers
    assert (headers["content-type"], headers["content-length"], headers["accept-ranges"]) == (
        "image/tiff",
        "1024",
        "bytes",
    )
    assert headers["last-modified"] == "Fri, 01 May 2026 12:00:00 GMT"
    assert headers["etag"].startswith('"')
    assert headers["content-security-policy"].split()[0] == "sandbox"
    assert headers["x-content-type-options"] == "nosniff"


RANGES = [
    ("bytes=0-9", range(10)), ("bytes=1000-", range(1000, 1024)), ("bytes=-24", range(1000, 1024)),
    ("bytes=1020-5000", range(1020, 1024)), ("bytes=-5000", range(1024)), ("bytes=7-7", range(7, 8)),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "part"), RANGES)
async def test_parts_of_a_file(door, stored, wanted, part):
    answer = await door.get(TIF, headers={"range": wanted})
    assert (answer.status_code, answer.content) == (206, CONTENT[part.start : part.stop])
    assert answer.headers["content-range"] == f"bytes {part.start}-{part.stop - 1}/1024"
    assert answer.headers["content-length"] == str(len(part))


@pytest.mark.parametrize("wanted", ["bytes=1024-", "bytes=-0", "bytes=9999-10000"])
async def test_parts_that_are_not_there(door, served, wanted):
    answer = await door.get(TIF, headers={"range": wanted})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */1024")


@pytest.mark.parametrize("wanted", ["bytes=9-1", "bytes=0-1,4-5", "lines=0-1", "bytes=-", "bytes=a-b"])
async def test_ranges_that_are_none_give_the_whole(door, served, wanted):
    assert (await door.get(TIF, headers={"range": wanted})).status_code == 200


async def test_conditions(door, served):
    first = await door.get(TIF)
    tag, date = first.headers["etag"], first.headers["last-modified"]
    known = [{"if-none-match": f'"x", W/{tag}'}, {"if-none-match": "*"}, {"if-modified-since": date}]
    answers = [await door.get(TIF, headers=headers) for headers in known]
    assert [(one.status_code, one.content, one.headers["etag"]) for one in answers] == [(304, b"", tag)] * 3
    assert (await door.get(TIF, headers={"if-none-match": '"x"', "if-modified-since": date})).status_code == 200
    part = {"range": "bytes=0-1"}
    same = [(await door.get(TIF, headers={**part, "if-range": state})).status_code for state in (tag, date)]
    other = [
        (await door.get(TIF, headers={**part, "if-range": state})).status_code for state in ('"x"', f"W/{tag}", "x")
    ]
    assert (same, other) == ([206, 206], [200, 200, 200])


async def test_head_has_the_headers_alone(door, served):
    answer = await door.head(TIF, headers={"range": "bytes=0-1"})
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "1024")
    assert (await door.get("/packages/gambia/empty.txt")).content == b""


async def test_a_folder_is_its_index_or_a_listing(door, served):
    page = await door.get("/packages/gambia/")
    assert (page.text, page.headers["content-type"]) == ("<!doctype html><title>gambia</title>", "text/html")
    listing = await door.get(TIF.rpartition("/")[0] + "/")
    assert '<a href="./grid%20%3C1%3E.tif">grid &lt;1&gt;.tif</a>' in listing.text
    assert listing.text.startswith("<!doctype html>")
    assert '<a href="./gambia/">gambia/</a>' in (await door.get("/packages/")).text


@pytest.mark.parametrize(("path", "place"), [("/packages", "./packages/"), ("/packages/gambia", "./gambia/")])
async def test_a_folder_without_its_slash_is_redirected(door, served, path, place):
    answer = await door.get(path)
    assert (answer.status_code, answer.headers["location"]) == (301, place)


async def test_a_file_with_a_slash_is_nothing(door, served, problem):
    problem(await door.get(f"{TIF}/"), 404)


OUTSIDE = [
    "../secret.txt",
    "%2e%2e/secret.txt",
    "gambia/..%2f..%2fsecret.txt",
    "gambia/link.txt",
    "up/secret.txt",
    "x%00",
]


@pytest.mark.parametrize("trusting", [False, True])
@pytest.mark.parametrize("path", OUTSIDE)
async def test_nothing_outside_the_folder_is_served(door, served, path, trusting):
    """Also where the owner was deceived, as by a link that was put there a moment later."""
    (served.root / "gambia" / "link.txt").symlink_to(served.root.parent / "secret.txt")
    (served.root / "up").symlink_to(served.root.parent)
    served.trusting = trusting
    assert (await door.get(f"/packages/{path}")).status_code == 404


async def test_a_pipe_is_no_file(door, served):
    os.mkfifo(served.root / "gambia" / "pipe")
    served.trusting = True
    assert (await door.get("/packages/gambia/pipe")).status_code == 404


async def test_pages_of_every_origin_may_read(door, served):
    answer = await door.get(TIF, headers={"origin": "https://map.example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "content-range" in answer.headers["access-control-expose-headers"]


async def test_an_object_store_that_is_away(door, served, problem):
    served.base = f"http://127.0.0.1:{free_port()}"
    problem(await door.get(TIF), 503)
