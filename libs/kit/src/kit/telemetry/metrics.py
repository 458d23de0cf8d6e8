"""Prometheus metrics that every service has. Gauges are of live processes only, where several share a registry."""

from prometheus_client import Counter, Gauge, Histogram

LATEST = "livemostrecent"
HANDLED = Counter("fairway_messages_total", "Messages settled", ["durable", "type", "fate"])
"""`fate`: done, refused, duplicate, retried, buried, expired, declined (a short command that its sender gives to the
stream instead). Of jobs only `buried`; `JOBS` has the rest."""
HANDLER_SECONDS = Histogram(
    "fairway_handler_seconds", "Time from delivery to commit", ["type"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
QUERY_SECONDS = Histogram("fairway_query_seconds", "Time to answer a query", ["type"])
QUERIES_ENDED = Counter("fairway_queries_ended_total", "Queries whose caller no longer waited", ["type", "when"])
"""`when`: waiting (for a slot) or working."""
BULKHEAD_REFUSED = Counter(
    "fairway_bulkhead_refused_total", "Calls refused because too many wait for that upstream service", ["neighbour"]
)
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
CLOCK_SKEW = Gauge(
    "fairway_clock_skew_seconds", "How far the clock of the message bus is ahead of ours", multiprocess_mode=LATEST
)
BUS_STORES = Gauge(
    "fairway_bus_stores", "Whether the message bus stored the last probe and gave it back", multiprocess_mode="livemin"
)
DEAD_LETTERS = Counter("fairway_dead_letters_total", "Messages buried", ["durable"])
JOBS = Counter("fairway_jobs_total", "Jobs ended", ["type", "fate"])
JOBS_WAITING = Gauge(
    "fairway_jobs_waiting", "Jobs that wait for the turn of their user", ["group"], multiprocess_mode=LATEST
)
JOBS_UNTAKEN = Gauge(
    "fairway_jobs_untaken_seconds", "Age of the oldest job that was sent to the workers and that none has taken",
    ["group"], multiprocess_mode=LATEST,
)  # fmt: skip
REVIVED = Counter("fairway_rows_revived_total", "Rows in work that were silent and were begun anew or ended", ["kind"])
