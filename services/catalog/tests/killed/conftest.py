"""A bus, a database and a service apart from those of the other tests, whose worker would take our jobs."""

from kit.testing import caller, database_url, nats_url, running, settings

__all__ = ["caller", "database_url", "nats_url", "running", "settings"]
