"""Why a build ends or comes back."""


class BuildFailed(Exception):
    """The build cannot succeed with this request; the text is for the mapper."""


class TransientFailure(Exception):
    """Another server failed for now; the text is for the mapper, if retries do not help. The next attempt is not
    before `retry_after` seconds."""

    def __init__(self, words: str, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.retry_after = retry_after
