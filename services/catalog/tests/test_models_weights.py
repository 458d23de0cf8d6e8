"""What is taken over of the files that an item names."""

import hashlib
from types import SimpleNamespace

import pytest
from stac_things import base_item, tiny_onnx

from catalog.models.jobs.weight_import import import_weights
from kit.errors import Unprocessable

SHA2_256 = "1220" + hashlib.sha256(b"weights").hexdigest()


class Files:
    """The server that has the files."""

    async def get(self, href, **_):
        return SimpleNamespace(content=tiny_onnx() if href.endswith(".onnx") else b"weights")


class Store:
    def __init__(self):
        self.objects = {}

    async def put(self, key, content, _type):
        self.objects[key] = content

    def uri(self, key):
        return f"s3://bucket/{key}"


async def imported(store, checksum):
    item = base_item()
    item["assets"]["checkpoint"]["file:checksum"] = checksum
    return await import_weights(item, 1, Files(), store)


@pytest.mark.parametrize("checksum", [SHA2_256, "d50110" + 32 * "0"], ids=["of the file", "MD5"])
async def test_files_that_are_what_the_item_says_are_taken(checksum):
    store = Store()
    item = await imported(store, checksum)
    assert b"weights" in store.objects.values()
    assert item["assets"]["checkpoint"]["file:checksum"] == SHA2_256


async def test_a_file_with_another_hash_than_the_item_says_is_refused():
    store = Store()
    with pytest.raises(Unprocessable, match="checkpoint: the file at this address has another hash"):
        await imported(store, "1220" + 64 * "0")
    assert store.objects == {}
