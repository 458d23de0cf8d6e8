"""ONNX sessions, and a cache of them."""

import os
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import onnxruntime
from numpy.typing import NDArray


class Session(Protocol):
    """The part of onnxruntime.InferenceSession that prediction uses."""

    def run(self, output_names: Any, input_feed: Any) -> Any: ...
    def get_inputs(self) -> Any: ...


def open_session(
    model: str | bytes, threads: int | None = None, keep_memory: bool = False
) -> onnxruntime.InferenceSession:
    """Opens a model, given by path or as bytes, on the CPU.

    `threads` defaults to the environment variable FAIRWAY_ONNX_THREADS, then to the number of cores. With
    `keep_memory` the memory of one call is kept for the next: without, getting it again costs as much as a light model.
    Raises the errors of onnxruntime for a file that is not a model.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or int(os.environ.get("FAIRWAY_ONNX_THREADS", "0"))
    options.enable_cpu_mem_arena = keep_memory
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # other work wants the cores meanwhile
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(session: Session, image: NDArray) -> NDArray:
    """Returns the first output for `image`, a batch that is passed to the first input."""
    return session.run(None, {session.get_inputs()[0].name: image})[0]


class SessionCache:
    """An LRU cache of sessions by content key (digest or ETag), so that a changed model file is opened again."""

    def __init__(self, size: int = 8, threads: int | None = None) -> None:
        self._size, self._threads = size, threads
        self._kept: OrderedDict[str, onnxruntime.InferenceSession] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, file: Path) -> onnxruntime.InferenceSession:
        """Returns the session of that key, opened from `file` if it is not cached."""
        with self._lock:
            session = self._kept.pop(key, None) or open_session(str(file), self._threads)
            self._kept[key] = session
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
            return session
