"""From what broke to words that the mapper who asked for the run understands: no code, no traceback."""

from typing import Final

LONGEST: Final = 500
_BUGS: Final = {
    "AttributeError",
    "AssertionError",
    "ImportError",
    "IndexError",
    "KeyError",
    "ModuleNotFoundError",
    "NameError",
    "TypeError",
    "UnboundLocalError",
    "ZeroDivisionError",
}
"""Kinds whose message is meant for the author of the plug-in."""


def of_exception(kind: str, message: str) -> str:
    """`kind` is the name of the exception's class, with or without its module.

    >>> of_exception("builtins.ValueError", "No labels inside the chips")
    'No labels inside the chips'
    """
    name = kind.rsplit(".", 1)[-1]
    if name in ("MemoryError", "OutOfMemoryError"):
        return "it needed more memory than there is"
    words = message.strip().splitlines()[0][:LONGEST] if message.strip() else ""
    if name in _BUGS or not words:
        return f"an error inside the model's code ({name or 'unknown'})"
    return words


def of_step(step: str, why: str) -> str:
    return f"The step {step} failed: {why}"


def of_signal(number: int) -> str:
    return f"The process of the run was killed (signal {number})"


LOST: Final = "The process of the run is gone: it was killed or its machine was restarted"
STOPPED: Final = "Stopped on request"
UNREACHABLE: Final = "The pipeline server could not be reached"
