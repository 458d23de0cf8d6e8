"""Sorting of more rows than memory holds, by way of files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

BUCKET = 24 << 20
"""Bytes of rows that are sorted at once."""
KEY = "__key"
_KEY_FIELD = pa.field(KEY, pa.uint32())


@dataclass(frozen=True)
class Spooled:
    """Rows in a file, in the order they came; `keys` of all of them, which memory does hold."""

    path: Path
    keys: np.ndarray
    bytes: int


def spool(keyed: Iterator[tuple[pa.Table, np.ndarray]], schema: pa.Schema, folder: Path) -> Spooled:
    """Files in `folder` are the caller's to remove."""
    path, keys, size, full = folder / "spool.arrow", [np.zeros(0, np.uint32)], 0, schema.append(_KEY_FIELD)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, full) as writer:
        for table, found in keyed:
            writer.write_table(table.append_column(_KEY_FIELD, pa.array(found)))
            keys.append(found)
            size += table.nbytes
    return Spooled(path, np.concatenate(keys), size)


def sorted_tables(spooled: Spooled, schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
    """The same rows by ascending key, `rows` or a multiple at a time; equal keys keep their order."""
    buckets = _buckets(spooled, max(-(-spooled.bytes // BUCKET), 1))
    yield from _regrouped((_sorted(path) for path in buckets), schema, rows)


def _buckets(spooled: Spooled, count: int) -> list[Path]:
    """Files of rows by ranges of keys, of about equal sizes."""
    if count == 1:
        return [spooled.path]
    edges = np.unique(np.quantile(spooled.keys, np.arange(1, count) / count, method="nearest"))
    paths = [spooled.path.with_name(f"bucket-{number}.arrow") for number in range(len(edges) + 1)]
    with pa.OSFile(str(spooled.path), "rb") as file, pa.ipc.open_stream(file) as reader:
        writers: list[pa.RecordBatchStreamWriter] = [pa.ipc.new_stream(str(path), reader.schema) for path in paths]
        for batch in reader:
            bucket = np.searchsorted(edges, batch[KEY].to_numpy(), side="right")
            for number in np.unique(bucket):
                writers[int(number)].write_batch(batch.filter(pa.array(bucket == number)))
        for writer in writers:
            writer.close()
    spooled.path.unlink()
    return paths


def _sorted(path: Path) -> pa.Table:
    with pa.OSFile(str(path), "rb") as file, pa.ipc.open_stream(file) as reader:
        table = reader.read_all()
    path.unlink()
    order = np.argsort(table[KEY].to_numpy(), kind="stable")
    return table.take(pa.array(order)).drop_columns([KEY])


def _regrouped(tables: Iterator[pa.Table], schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
    waiting = schema.empty_table()
    for table in tables:
        waiting = pa.concat_tables([waiting, table])
        whole = len(waiting) // rows * rows
        if whole:
            yield waiting.slice(0, whole)
            waiting = waiting.slice(whole).combine_chunks()
    if len(waiting):
        yield waiting
