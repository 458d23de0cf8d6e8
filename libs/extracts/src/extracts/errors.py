"""Why an extract cannot be made: a stable code, words for the person who asked, and the name that clients match on."""

from typing import Any, ClassVar


class ExtractError(Exception):
    """`code` is for programs and stays as it is, `detail` is for people, `facts` hold the figures of `detail`."""

    failure: ClassVar[str] = "ExtractException"
    """The name at the start of a failed processor's text."""

    def __init__(self, code: str, detail: str, **facts: Any) -> None:
        super().__init__(code, detail)
        self.code, self.detail, self.facts = code, detail, facts

    def __str__(self) -> str:
        return self.detail

    @property
    def text(self) -> str:
        """As job results show it: `<name> - <message>`."""
        return f"{self.failure} - {self.detail}"


class OutlineInvalid(ExtractError):
    """The area is no usable surface, or larger than allowed."""

    failure = "OutlineInvalidException"


class SourceNotAvailable(ExtractError):
    """The source is missing and cannot be fetched."""

    failure = "SourceNotAvailableException"


class SourceInvalid(ExtractError):
    """The source is not what the catalogue says, damaged, or cannot be cut in bounded memory."""

    failure = "SourceInvalidException"


class NoOverlap(ExtractError):
    """The source has nothing where the area is."""

    failure = "NoOverlapException"


class ExtractTooLarge(ExtractError):
    """The result would exceed a limit."""

    failure = "ExtractTooLargeException"
