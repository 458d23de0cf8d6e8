"""Where keys lie, and what a store that is away looks like."""

import asyncio
import threading
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from contracts.shared import ANONYMOUS, Actor
from kit.errors import NotFound, Unavailable
from kit.storage import copying
from kit.storage.object_storage import Storage, StorageSettings
from kit.testing import MAPPER, eventually
from stack import up
from stack.line import Line, SilentServer, line_to, silent_server


@pytest.mark.spec("19", "folder may be empty, folder is a prefix")
@pytest.mark.parametrize(
    ("folder", "prefix"), [(None, "dev/"), ("stage", "stage/"), ("/stage/", "stage/"), ("/", ""), ("", "")]
)
def test_folder_is_a_prefix_of_every_key(monkeypatch, folder, prefix):
    """Set to nothing it is no folder at all, unlike other settings, whose empty value is an unset one."""
    monkeypatch.setenv("BUCKET_NAME", "b1")
    monkeypatch.delenv("PARENT_BUCKET_FOLDER", raising=False)
    if folder is not None:
        monkeypatch.setenv("PARENT_BUCKET_FOLDER", folder)
    storage = Storage(StorageSettings())
    key = "predict/12/output/predictions.fgb"
    assert (storage.prefix, storage.uri(key)) == (prefix, f"s3://b1/{prefix}{key}")
    assert storage.key_of(storage.uri(key)) == key


@pytest_asyncio.fixture
async def line(monkeypatch) -> AsyncIterator[Line]:
    """To a real store, which is what the environment tells of."""
    environment = up({"s3"})
    async with line_to(environment["AWS_ENDPOINT_URL"]) as line:
        for name, value in (environment | {"AWS_ENDPOINT_URL": line.url}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PARENT_BUCKET_FOLDER", f"test-kit-{uuid4().hex[:8]}")
        yield line


async def test_store_that_is_away_is_unavailable_and_an_absent_object_is_not_found(line, tmp_path):
    storage, file = Storage(StorageSettings()), tmp_path / "file"
    file.write_bytes(b"content")
    await storage.upload(str(file), "there")
    with pytest.raises(NotFound):
        await storage.download("absent", str(file))
    with pytest.raises(NotFound):
        await storage.get("absent")
    with pytest.raises(Unavailable):
        await Storage(StorageSettings(BUCKET_NAME="fairway-no-such-bucket")).upload(str(file), "there")
    await line.cut()
    asked = (
        storage.upload(str(file), "there"), storage.download("there", str(file)), storage.get("there"),
        storage.put("there", b""), storage.keys(""),
    )  # fmt: skip
    errors = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(error) for error in errors} == {Unavailable}
    await line.open()
    await storage.download("there", str(tmp_path / "again"))
    assert (tmp_path / "again").read_bytes() == await storage.get_from(storage.uri("there")) == b"content"
    await storage.remove(await storage.keys(""))
    assert await storage.keys("") == []


@pytest_asyncio.fixture
async def silent(monkeypatch) -> AsyncIterator[SilentServer]:
    """A store that takes connections and never answers."""
    async with silent_server() as server:
        keys = {"BUCKET_NAME": "b1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        for name, value in {**keys, "AWS_ENDPOINT_URL": server.url}.items():
            monkeypatch.setenv(name, value)
        yield server


async def test_signing_asks_nobody_and_takes_no_thread(silent, monkeypatch):
    storage, threads = Storage(StorageSettings()), threading.active_count()
    await storage.start()
    monkeypatch.setattr(asyncio, "to_thread", None)
    for url in (storage.presigned("a"), storage.presigned_at("a", "HEAD"), storage.presigned_listing("a/")):
        assert url.startswith(f"{silent.url}/b1")
    assert (silent.open, threading.active_count()) == (set(), threads)
    await storage.stop()


async def test_what_readers_ask_of_a_silent_store_ends_with_their_patience(silent):
    storage = Storage(StorageSettings())
    asked = [asyncio.create_task(storage.head("a")), asyncio.create_task(storage.level("a/"))]
    await eventually(lambda: len(silent.open) == 2)
    for task in asked:
        task.cancel()
    await eventually(lambda: not silent.open, 1)
    with pytest.raises(Unavailable):
        await storage.check()
    await storage.stop()


async def test_silent_store_holds_up_no_thread_of_others(silent):
    storage = Storage(StorageSettings())
    asked = [asyncio.create_task(storage.get(f"{number}")) for number in range(64)]
    await eventually(lambda: silent.requests >= 1)
    await asyncio.wait_for(asyncio.to_thread(int), 1)
    for task in asked:
        task.cancel()
    await storage.stop()


async def test_strangers_never_take_all_places_for_reads(silent):
    """Of sixty who are not logged in two ask the silent store, two wait and go; who is logged in asks at once."""
    storage = Storage(StorageSettings())

    async def head(actor: Actor) -> None:
        async with storage.anonymous_limit(actor):
            await storage.head("a")

    strangers = [asyncio.create_task(head(ANONYMOUS)) for _ in range(60)]
    await eventually(lambda: len(silent.open) == 2)
    await eventually(lambda: sum(task.done() for task in strangers) == 58)
    known = [asyncio.create_task(head(MAPPER)) for _ in range(4)]
    await eventually(lambda: len(silent.open) == 6)
    for task in (*strangers, *known):
        task.cancel()
    ends = await asyncio.gather(*strangers, return_exceptions=True)
    assert sum(isinstance(end, Unavailable) for end in ends) == 58
    await storage.stop()


async def test_readers_and_workers_see_the_same_files(line):
    storage, key = Storage(StorageSettings()), "folder/a b+ü&%2F<.txt"
    await storage.put(key, b"content", "text/plain")
    level = await storage.level(f"{storage.prefix}folder/")
    (file,) = level.files
    place = {"Bucket": storage.settings.bucket, "Prefix": storage.prefix}
    (theirs,) = (await asyncio.to_thread(lambda: storage.client.list_objects_v2(**place)))["Contents"]
    assert {name: theirs[name] for name in file} == file
    assert (await storage.level(storage.prefix)).folders == [f"{storage.prefix}folder/"]
    told = await storage.head(key)
    assert told
    assert (told["ContentLength"], told["ContentType"]) == (7, "text/plain")
    assert told["LastModified"].timestamp() == int(theirs["LastModified"].timestamp())
    assert await storage.head("absent") is None
    await storage.remove([key])
    await storage.stop()


@pytest.mark.parametrize(("given", "kept"), [(None, "image/tiff"), ("text/plain", "text/plain")])
async def test_a_large_object_is_copied_in_parts(line, monkeypatch, given: str | None, kept: str):
    store = Storage(StorageSettings())
    monkeypatch.setattr(copying, "LARGEST_COPY", 6 << 20)
    monkeypatch.setattr(copying, "PART", 5 << 20)
    content = bytes(range(256)) * (13 << 12)
    await store.put("large", content, "image/tiff")
    await store.copy(store.uri("large"), "again", given)
    assert await store.get("again") == content
    found = await store.head("again")
    assert found
    assert (found["ContentType"], found["ETag"].strip('"')[-2:]) == (kept, "-3"), "in three parts"
    await store.stop()
