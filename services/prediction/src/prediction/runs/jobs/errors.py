"""How the job of a prediction ends badly, or later."""


class RunFailed(Exception):
    """The prediction cannot succeed; the text says why, to the person who asked for it."""


class RetryLater(Exception):
    """Another service cannot be had just now; the text says which, to the person who asked for the prediction. Not
    before `retry_after` seconds."""

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after

    @classmethod
    def after(cls, problem: Exception) -> "RetryLater":
        """In its words, and with the pause that the other side asked for."""
        return cls(str(problem), getattr(problem, "retry_after", None))


class RunInterrupted(Exception):
    """The run ended because a server that it needs did not answer; the text says so."""
