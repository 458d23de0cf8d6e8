"""Prometheus metrics every service has. Gauges are of live processes only, where several share a registry."""

from collections.abc import Mapping
from typing import get_args

from prometheus_client import Counter, Gauge, Histogram

from contracts.shared import RunStatus

LATEST = "livemostrecent"
HANDLED = Counter("fairway_messages_total", "Messages settled", ["durable", "type", "fate"])
"""`fate`: done, refused, duplicate, retried, buried, expired. Of jobs only `buried`; `JOBS` has the rest."""
HANDLER_SECONDS = Histogram(
    "fairway_handler_seconds", "Time from delivery to commit", ["type"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
QUERY_SECONDS = Histogram("fairway_query_seconds", "Time to answer a query", ["type"])
OUTBOX_DEPTH = Gauge("fairway_outbox_depth", "Unpublished outbox rows", multiprocess_mode=LATEST)
OUTBOX_AGE = Gauge(
    "fairway_outbox_oldest_seconds", "Age of the oldest unpublished outbox row", multiprocess_mode=LATEST
)
PUBLISHED = Counter("fairway_outbox_published_total", "Outbox rows acknowledged by the stream")
PENDING = Gauge("fairway_consumer_pending", "Messages a durable has not seen", ["durable"], multiprocess_mode=LATEST)
ACK_PENDING = Gauge(
    "fairway_consumer_ack_pending", "Messages delivered and not acknowledged", ["durable"], multiprocess_mode=LATEST
)
REDELIVERED = Gauge(
    "fairway_consumer_redelivered", "Messages delivered more than once", ["durable"], multiprocess_mode=LATEST
)
LOOP_LAG = Gauge(
    "fairway_loop_lag_seconds", "How late the event loop woke up at worst in the last minute",
    multiprocess_mode="livemax",
)  # fmt: skip
DEAD_LETTERS = Counter("fairway_dead_letters_total", "Messages buried", ["durable"])
JOBS = Counter("fairway_jobs_total", "Jobs ended", ["type", "fate"])
RUNS = Gauge(
    "fairway_runs", "Trainings or predictions that have not ended", ["status"], multiprocess_mode=LATEST
)  # fmt: skip
OVER = frozenset({"failed", "cached", "retried", "stopped"})
"""A completed prediction may still have its results to write."""


def tell_runs(counts: Mapping[str, int]) -> None:
    """`counts` leaves out what is nought."""
    for status in get_args(RunStatus):
        if status not in OVER:
            RUNS.labels(status).set(counts.get(status, 0))
