"""What every implementation of the storage port keeps to; the same tests run on S3 and on a local folder."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from kit.errors import Invalid, NotFound
from kit.storage.local_folder import LocalFolder
from kit.storage.object_storage import Storage, StorageSettings
from kit.storage.port import BINARY, ObjectStore
from stack import up

ODD = "folder/a b+ü&%2F<.txt"


@pytest_asyncio.fixture(params=["s3", "local", "bare"])
async def store(request, monkeypatch, tmp_path) -> AsyncIterator[ObjectStore]:
    if request.param != "s3":
        yield LocalFolder(tmp_path / "store", bare=request.param == "bare")
        return
    for name, value in up({"s3"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PARENT_BUCKET_FOLDER", f"test-kit-{uuid4().hex[:8]}")
    storage = Storage(StorageSettings())
    yield storage
    await storage.remove(await storage.keys(""))
    await storage.stop()


async def test_an_object_comes_back_as_it_was_put(store: ObjectStore, tmp_path: Path):
    await store.check()
    await store.put(ODD, b"first")
    await store.put(ODD, (tmp_path / "body").open("w+b"))
    assert await store.get(ODD) == b""
    (tmp_path / "file").write_bytes(b"x" * 3_000_000)
    await store.upload(str(tmp_path / "file"), ODD, "text/plain")
    await store.download(ODD, str(tmp_path / "again"))
    assert (tmp_path / "again").read_bytes() == (tmp_path / "file").read_bytes()
    assert await store.keys("") == [ODD]


async def test_what_is_absent_is_not_found(store: ObjectStore, tmp_path: Path):
    await store.put("folder/there", b"")
    for key in ("absent", "folder", "folder/the", "folder/absent/deep"):
        assert await store.head(key) is None
        with pytest.raises(NotFound):
            await store.get(key)
        with pytest.raises(NotFound):
            await store.download(key, str(tmp_path / "file"))
        with pytest.raises(NotFound):
            await store.copy(store.uri(key), "copy")
    await store.remove(["absent", "folder/absent"])
    assert await store.keys("") == ["folder/there"]


async def test_head_says_size_type_time_and_version(store: ObjectStore):
    await store.put("a", b"content", "text/plain")
    first = await store.head("a")
    assert first
    assert (first["ContentLength"], first["ContentType"]) == (7, "text/plain")
    assert abs(first["LastModified"] - datetime.now(UTC)) < timedelta(minutes=1)
    await store.put("a", b"other c")
    second = await store.head("a")
    assert second
    assert (second["ContentLength"], second["ContentType"]) == (7, BINARY)
    assert first["ETag"] != second["ETag"]
    assert await store.head("a") == second


async def test_keys_lists_by_any_prefix_in_the_order_of_bytes(store: ObjectStore):
    named = ["a/b", "a/bc/d", "a/b-c", "ab", "B", "é/x", "a/b.c"]
    for key in named:
        await store.put(key if key != "a/b" else "a/b0", b"")
    everything = sorted(["a/b0", *named[1:]], key=str.encode)
    assert await store.keys("") == everything
    assert await store.keys("a/b") == [key for key in everything if key.startswith("a/b")]
    assert await store.keys("a") == [key for key in everything if key.startswith("a")]
    assert await store.keys("nothing/") == await store.keys("a/b0/") == []


async def test_one_level_is_listed(store: Storage | LocalFolder):
    for key in ("a/x/1", "a/x/2", "a/z", "a/B", "c"):
        await store.put(key, b"content")
    prefix = getattr(store, "prefix", "")
    level = await store.level(f"{prefix}a/")
    assert (level.folders, level.next) == ([f"{prefix}a/x/"], None)
    head = await store.head("a/B")
    assert head
    assert [entry["Key"] for entry in level.files] == [f"{prefix}a/B", f"{prefix}a/z"]
    assert (level.files[0]["Size"], level.files[0]["ETag"]) == (7, head["ETag"])
    assert (await store.level(f"{prefix}absent/")).files == []


async def test_a_bare_folder_holds_what_others_put_there(tmp_path: Path):
    (tmp_path / "gambia" / "datasets").mkdir(parents=True)
    (tmp_path / "gambia" / "index.html").write_bytes(b"page")
    store = LocalFolder(tmp_path, bare=True)
    await store.put("gambia/data", b"content", "text/plain")
    assert await store.keys("") == ["gambia/data", "gambia/index.html"]
    assert ((await store.level("")).folders, (await store.level("gambia/")).folders) == (
        ["gambia/"], ["gambia/datasets/"],
    )  # fmt: skip
    for key in (".store/types/gambia/data", ".store"):
        with pytest.raises(Invalid):
            await store.get(key)
    assert await store.keys(".store/") == []


async def test_keys_lists_what_is_older(store: ObjectStore):
    await store.put("old", b"")
    written = (await store.head("old") or {})["LastModified"]
    assert await store.keys("", before=written - timedelta(seconds=1)) == []
    assert await store.keys("", before=written + timedelta(seconds=5)) == ["old"]


async def test_copies_keep_their_type_unless_told_otherwise(store: ObjectStore):
    await store.put("a", b"content", "text/plain")
    await store.copy(store.uri("a"), "deep/b")
    await store.copy(store.uri("a"), "deep/c", "image/png")
    types = [(await store.head(key) or {})["ContentType"] for key in ("deep/b", "deep/c")]
    assert (types, await store.get("deep/c")) == (["text/plain", "image/png"], b"content")


async def test_removed_objects_leave_nothing_in_the_way(store: ObjectStore):
    await store.put("a/b/c", b"", "text/plain")
    await store.put("a/d", b"")
    await store.remove(["a/b/c"])
    await store.put("a/b", b"a file where a folder was")
    assert await store.keys("a/") == ["a/b", "a/d"]
    await store.put("a/b", b"again", "text/plain")
    assert await store.get("a/b") == b"again"


async def test_addresses_and_keys_translate(store: ObjectStore):
    assert store.key_of(store.uri(ODD)) == ODD
    for uri in (f"{store.uri('')}../else", "s3://another/a", "file:///etc/passwd"):
        with pytest.raises(NotFound):
            store.key_of(uri)


async def test_a_reader_never_sees_half_an_object(store: ObjectStore):
    """Writers replace one object while it is read; each read is one of the bodies."""
    bodies = [letter * 400_000 for letter in (b"a", b"b")]
    await store.put("a", bodies[0])
    writing = [store.put("a", bodies[n % 2]) for n in range(10)]
    *_, found = await asyncio.gather(*writing, asyncio.gather(*(store.get("a") for _ in range(20))))
    assert set(found) <= set(bodies)


async def test_removals_do_not_disturb_writers_of_the_same_folder(store: ObjectStore):
    async def come_and_go(key: str) -> None:
        for _ in range(5):
            await store.put(key, b"x", "text/plain")
            await store.remove([key])
        await store.put(key, b"x", "text/plain")

    await asyncio.gather(*(come_and_go(f"deep/folder/{n}") for n in range(6)))
    assert len(await store.keys("deep/")) == 6


@pytest.mark.parametrize("key", ["", "/a", "a//b", "a/", "../a", "a/../../b", "x" * 256, "a\x00"])
async def test_a_folder_refuses_keys_that_it_cannot_hold(tmp_path: Path, key: str):
    store = LocalFolder(tmp_path / "store")
    with pytest.raises(Invalid):
        await store.put(key, b"")
    assert await store.keys("../") == await store.keys("/") == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_a_folder_refuses_a_key_below_another(tmp_path: Path):
    store = LocalFolder(tmp_path / "store")
    await store.put("a", b"content")
    for key in ("a/b", "a/b/c"):
        with pytest.raises(Invalid):
            await store.put(key, b"", "text/plain")
    await store.put("b/c", b"")
    with pytest.raises(Invalid):
        await store.put("b", b"")
    assert await store.keys("") == ["a", "b/c"]
    assert list((tmp_path / "store" / "incoming").iterdir()) == []


async def test_a_full_disk_leaves_the_old_object(tmp_path: Path, monkeypatch):
    """The content is on the disk before the key is."""
    store = LocalFolder(tmp_path / "store")
    await store.put("a", b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Exception, match="cannot be used"):
        await store.put("a", b"new")
    assert await store.get("a") == b"old"
    assert list((tmp_path / "store" / "incoming").iterdir()) == []
