"""Shows samples that came over HTTP to open streams, which read the stream of samples."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from contracts import headers as h
from contracts.notify.samples import SUBJECT
from contracts.shared import Json
from kit.messaging.envelope import new_id
from kit.messaging.tx import Tx

MAX_BYTES = 512 * 1024
"""Bytes of samples in one message; one sample alone may take more."""


def show(samples: Iterable[Json], tx: Tx) -> None:
    """Adds the samples to the outbox as messages that the recorder passes over."""
    for body in _bodies(samples):
        tx.publish(SUBJECT, body, {h.RECORDED: "1", h.MSG_ID: str(new_id())})


def _bodies(samples: Iterable[Any]) -> Iterator[bytes]:
    part, size = list[bytes](), 0
    for sample in map(orjson.dumps, samples):
        if part and size + len(sample) > MAX_BYTES:
            yield _body(part)
            part, size = [], 0
        part.append(sample)
        size += len(sample) + 1
    yield _body(part)


def _body(samples: Iterable[bytes]) -> bytes:
    return b'{"samples":[' + b",".join(samples) + b"]}"
