"""What trainings have cost."""

from contracts.usage import UsageQuery


class GetUsage(UsageQuery, wire="training.v1.get_usage"):
    """Result: `UsageReport`."""
