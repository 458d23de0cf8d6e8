"""Prometheus metrics every service has."""

from prometheus_client import Counter, Gauge, Histogram

HANDLED = Counter("fairway_messages_total", "Messages settled", ["durable", "type", "fate"])
"""`fate`: done, refused, duplicate, retried, buried, expired."""
HANDLER_SECONDS = Histogram(
    "fairway_handler_seconds", "Time from delivery to commit", ["type"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
QUERY_SECONDS = Histogram("fairway_query_seconds", "Time to answer a query", ["type"])
OUTBOX_DEPTH = Gauge("fairway_outbox_depth", "Unpublished outbox rows at the last look")
OUTBOX_AGE = Gauge("fairway_outbox_oldest_seconds", "Age of the oldest unpublished outbox row")
PUBLISHED = Counter("fairway_outbox_published_total", "Outbox rows acknowledged by the stream")
PENDING = Gauge("fairway_consumer_pending", "Messages a durable has not seen", ["durable"])
ACK_PENDING = Gauge("fairway_consumer_ack_pending", "Messages delivered and not acknowledged", ["durable"])
REDELIVERED = Gauge("fairway_consumer_redelivered", "Messages delivered more than once", ["durable"])
LOOP_LAG = Gauge("fairway_loop_lag_seconds", "How late the event loop woke up at the last look")
DEAD_LETTERS = Counter("fairway_dead_letters_total", "Messages buried", ["durable"])
JOBS = Counter("fairway_jobs_total", "Jobs ended", ["type", "fate"])
