"""What predictions have cost."""

from contracts.usage import UsageQuery


class GetUsage(UsageQuery, wire="prediction.v1.get_usage"):
    """Result: `UsageReport`."""
