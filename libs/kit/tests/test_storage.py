"""Where keys lie, told without a store."""

import pytest

from kit.storage import Storage, StorageSettings


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
