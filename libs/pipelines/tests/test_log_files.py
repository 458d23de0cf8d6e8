"""The end of a log, from files as ZenML leaves them."""

import json
from typing import Any

import pytest

from pipelines import log_files
from pipelines.log_files import LogFile, LogFileGone, joined, last_entries

FOLDER = "s3://b/logs/1"


class Files:
    """A folder of log files; counts what is read of it. `before_read` may change it, as a merge does."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = {f"{FOLDER}/{name.strip('_')}.log": content for name, content in contents.items()}
        self.bytes_read = 0

    def files(self, folder: str) -> list[LogFile]:
        return [LogFile(uri, len(content)) for uri, content in sorted(self.contents.items())]

    def read(self, uri: str, start: int, end: int) -> bytes:
        self.before_read()
        if uri not in self.contents:
            raise LogFileGone(uri)
        self.bytes_read += end - start
        return self.contents[uri][start:end]

    def before_read(self) -> None:
        pass


def lines(*messages: str, **more: Any) -> bytes:
    return b"".join(json.dumps({"message": message, "level": 20, **more}).encode() + b"\n" for message in messages)


def messages(store: Files, count: int) -> list[str]:
    return [entry["message"] for entry in last_entries(FOLDER, count, store)]


@pytest.mark.parametrize("block", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_end_is_the_end_over_files_and_blocks(block: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "BLOCK", block)
    store = Files(_1=lines("a", "b"), _2=lines("ü" * 30), _3=b"plain text\n\n" + lines("d"))
    assert messages(store, count) == ["a", "b", "ü" * 30, "plain text", "d"][-count:]


def test_only_the_end_is_read() -> None:
    store = Files(_1=lines(*("x" * 1000 for _ in range(5000))), _2=lines("last"))
    assert messages(store, 2)[-1] == "last"
    assert store.bytes_read < 2 * log_files.BLOCK


def test_pieces_of_a_long_message_are_one() -> None:
    pieces = [
        {"message": text, "id": "i", "chunk_index": number, "total_chunks": 3} for number, text in enumerate("abc")
    ]
    other = {"message": "z", "id": "j", "chunk_index": 0, "total_chunks": 1}
    content = b"".join(json.dumps(entry).encode() + b"\n" for entry in [{"message": "first"}, *pieces, other])
    store = Files(_1=content)
    assert messages(store, 9) == ["first", "abc", "z"]
    assert messages(store, 2) == ["abc", "z"]
    assert messages(store, 1) == ["z"]
    assert [entry["message"] for entry in joined(reversed(pieces), 1)] == ["abc"]


def test_no_line_comes_twice_while_files_are_merged() -> None:
    store = Files(_1=lines("a"), _2=lines("b"), _3_merged=lines("a", "b"), _4=lines("c"))
    assert messages(store, 9) == ["a", "b", "c"]


def test_files_that_vanish_by_a_merge_are_listed_anew() -> None:
    store = Files(_1=lines("a"), _2=lines("b"))

    def merge() -> None:
        store.contents = {f"{FOLDER}/3_merged.log": lines("a", "b")}

    store.before_read = merge  # pyright: ignore[reportAttributeAccessIssue]
    assert messages(store, 9) == ["a", "b"]


def test_no_file_is_no_line() -> None:
    assert messages(Files(), 5) == []
