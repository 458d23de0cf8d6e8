"""The process that a worker's runs are forks of: what takes seconds to import is imported once.

It listens on a Unix socket of the worker. An order is the path of the new process's folder, with two open files: its
stdin and its log. The answer is the number of the process. The server ends with the worker.
"""

import gc
import os
import socket
import sys
import time
from pathlib import Path

MOST = 4096
"""Bytes of a path."""


def serve(connection: socket.socket) -> Path | None:
    """Returns in each new process, with its folder; in the server at the end, with None."""
    sys.stdout.flush()  # or each process would write what waits there into its own log
    gc.collect()
    gc.freeze()  # or the collector would write to the pages that all share
    while True:
        order, files, _, _ = socket.recv_fds(connection, MOST, 2)
        if not order:
            return None
        process = _forked()
        if process == 0:
            _enter(connection, files)
            return Path(os.fsdecode(order))
        for file in files:
            os.close(file)
        connection.sendall(str(process).encode())


def _forked() -> int:
    """Returns the number of the new process, and 0 in it. Forks twice: what the process in between leaves behind
    becomes a child of the worker, which is a subreaper. The new process has a session of its own by then, so that its
    group can be killed."""
    reading, writing = os.pipe()
    middle = os.fork()
    if middle:
        os.close(writing)
        os.waitpid(middle, 0)
        with open(reading, "rb") as numbers:
            return int(numbers.read())
    between = os.getpid()
    process = os.fork()
    if process:
        os.write(writing, str(process).encode())
        os._exit(0)
    while os.getppid() == between:
        time.sleep(0.0005)
    os.setsid()
    os.close(reading)
    os.close(writing)
    return 0


def _enter(connection: socket.socket, files: list[int]) -> None:
    connection.close()
    stdin, log = files
    for file, number in ((stdin, 0), (log, 1), (log, 2)):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # all forks would draw the same numbers
