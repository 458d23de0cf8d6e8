"""Where keys lie, and what a store that is away looks like."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from kit.errors import NotFound, Unavailable
from kit.storage import Storage, StorageSettings
from stack import up
from stack.line import Line, line_to


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
