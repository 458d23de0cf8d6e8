"""What a submission is checked against."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from catalog.packages.submissions.domain import processor_unknown
from catalog.packages.submissions.quota import JobQuota
from kit.errors import Invalid


@dataclass(frozen=True)
class SubmissionRules:
    """`known`: names of the processors that users may name, once they were read, as `read` does. `enabled`: whether
    jobs are taken at all."""

    known: Callable[[], Collection[str]]
    quota: JobQuota
    enabled: bool
    read: Callable[[], Awaitable[object]]

    def ensure_known(self, processors: Collection[str]) -> None:
        """Raises Invalid for the first unknown one, as it was sent."""
        known = self.known()
        unknown = next((name for name in processors if name not in known), None)
        if unknown is not None:
            raise Invalid("processor_unknown", processor_unknown(unknown))
