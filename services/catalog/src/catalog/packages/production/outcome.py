"""What comes back from a child process. Its own errors have classes of libraries that only the child may load, so they
become text there."""

from dataclasses import dataclass
from pathlib import Path

UNEXPECTED = "processor_failed"


@dataclass(frozen=True)
class Failed:
    """`name` and `message` as a failed task shows them, `code` for programs."""

    name: str
    message: str
    code: str = UNEXPECTED


class ProcessorFailed(Exception):
    """A processor cannot make its files; the task ends with this."""

    def __init__(self, failure: Failed) -> None:
        super().__init__(failure.message)
        self.failure = failure


def failure_of(error: Exception, *hidden: Path) -> Failed:
    """Returns the error without the folders of this machine."""
    from extracts.errors import ExtractError

    message = error.detail if isinstance(error, ExtractError) else str(error)
    for folder in hidden:
        message = message.replace(f"{folder}/", "")
    name = error.failure if isinstance(error, ExtractError) else type(error).__name__
    return Failed(name, message, error.code if isinstance(error, ExtractError) else UNEXPECTED)
