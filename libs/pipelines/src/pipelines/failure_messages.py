"""Failure messages for the mapper who started a run: no code, no traceback, no bare path."""

import re
from typing import Final

MAX_LENGTH: Final = 500
_PLUGIN_BUG: Final = "an error inside the model's code"
_MEMORY: Final = "it needed more memory than there is"
_MISSING: Final = "data that it needs are not there any more"
_FORBIDDEN: Final = "it may not read data that it needs"
_UNREACHABLE_SERVER: Final = "a server that it needs did not answer"
_CORRUPT: Final = "a file that it needs is damaged"
_KINDS: Final = {
    _PLUGIN_BUG: (
        "ArithmeticError AssertionError AttributeError EOFError FloatingPointError ImportError IndexError KeyError "
        "LookupError ModuleNotFoundError NameError NotImplementedError OverflowError RecursionError StopIteration "
        "SyntaxError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError ZeroDivisionError"
    ),
    _MEMORY: "MemoryError OutOfMemoryError",
    _MISSING: "FileNotFoundError NotADirectoryError IsADirectoryError DoesNotExistException NoSuchKey NoSuchBucket 404",
    _FORBIDDEN: "PermissionError AccessDenied Forbidden InvalidAccessKeyId SignatureDoesNotMatch 401 403",
    _UNREACHABLE_SERVER: (
        "ConnectionError ConnectionRefusedError ConnectionResetError ConnectionAbortedError BrokenPipeError "
        "TimeoutError ConnectTimeout ConnectTimeoutError ReadTimeout ReadTimeoutError ConnectError ReadError "
        "EndpointConnectionError ClientConnectorError ServerDisconnectedError HTTPClientError gaierror URLError "
        "SlowDown InternalError ServiceUnavailable 500 502 503 504"
    ),
    _CORRUPT: "BadGzipFile BadZipFile InvalidProtobuf JSONDecodeError UnpicklingError error",
}
_SENTENCES: Final = {kind: sentence for sentence, kinds in _KINDS.items() for kind in kinds.split()}
"""By the name of the exception's class, or the error code of an object store or server."""
_ABOUT_DATA: Final = (_MISSING, _FORBIDDEN)
_FULL_DISK: Final = re.compile(r"\[Errno (?:28|122)\]")
_ERRNO: Final = re.compile(r"^\[Errno -?\d+\] *")
_STORE: Final = re.compile(r"^An error occurred \((\w+)\)|^(?=The specified (?:key|bucket) does not exist)")
_FOLDERS: Final = re.compile(r"(?:\b(?:s3|gs|abfs|file)://|(?<![\w:/.<])/)(?:[^\s/'\"<>]+/)+(?=[^\s/'\"<>])")
"""The folders before the name of a file, on the machine or in the object store."""
_NAME: Final = re.compile(r"([^\s/'\":\[\]]+)/*['\"]?\]?$")


def of_exception(kind: str, message: str) -> str:
    """Returns a message; `kind` is the name of the exception's class, with or without its module.

    The exception's own message is kept where it is a sentence for people.

    >>> of_exception("builtins.ValueError", "No labels inside the chips")
    'No labels inside the chips'
    >>> of_exception("FileNotFoundError", "fair-data/datasets/hill/labels.geojson")
    'data that it needs are not there any more (labels.geojson)'
    """
    line = message.strip().splitlines()[0].strip() if message.strip() else ""
    store = _STORE.match(line)
    name = (store[1] or "NoSuchKey") if store else kind.rsplit(".", 1)[-1]
    sentence = "the disk of the machine that ran it is full" if _FULL_DISK.search(line) else _SENTENCES.get(name, "")
    if sentence in _ABOUT_DATA:
        return line[:MAX_LENGTH] if not store and _is_for_people(line) else f"{sentence}{_what(line)}"
    words = _FOLDERS.sub("", _ERRNO.sub("", line))[:MAX_LENGTH]
    if sentence == _PLUGIN_BUG or not (sentence or " " in words):
        return f"{_PLUGIN_BUG} ({name or 'unknown'})"
    return sentence or words


def _is_for_people(line: str) -> bool:
    return line.count(" ") >= 3 and "/" not in line and not _ERRNO.match(line)


def _what(line: str) -> str:
    """The last name of a path at the end of the message, in brackets; empty without one."""
    found = _NAME.search(line) if "/" in line or line.count(" ") == 0 else None
    return f" ({found[1][:80]})" if found else ""


def of_step(step: str, why: str) -> str:
    return f"The step {step} failed: {why}"


def is_of_a_server(why: str) -> bool:
    """Whether a failure in these words came from a server that was away, which time may cure."""
    return why.endswith(_UNREACHABLE_SERVER) or why == UNREACHABLE


def of_signal(number: int) -> str:
    return f"The process of the run was killed (signal {number})"


LOST: Final = "The process of the run is gone: it was killed or its machine was restarted"
STOPPED: Final = "Stopped on request"
UNREACHABLE: Final = "The pipeline server could not be reached"
