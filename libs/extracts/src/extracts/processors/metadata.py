"""What a processor says of its dataset."""

from dataclasses import dataclass

from extracts.package import License


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """`title` has about 30 characters; `summary` one to three paragraphs with empty lines between them.

    `dataset_name` and `origin_url` become the source in data packages. `release` is the semantic version of the
    processor's code: raise it when equal requests give other bytes, so that no older result is taken for theirs.
    """

    description: str
    dataset_name: str
    author: str
    license: License
    origin_url: str
    title: str = ""
    title_long: str = ""
    summary: str = ""
    citation: str = ""
    release: str = "1.0.0"
    is_test: bool = False
    """Hidden unless test processors are shown."""

    @property
    def paragraphs(self) -> str:
        """The summary without the line breaks of its module."""
        return "\n\n".join(" ".join(one.split()) for one in self.summary.split("\n\n"))
