"""Metrics of requests by the template of their route, never by the requested path."""

from functools import cache

from prometheus_client import Counter, Histogram
from starlette.types import Scope

REQUESTS = Counter(
    "fairway_http_requests_total", "Public requests; 0xx: the client disconnected first", ["method", "route", "status"]
)
SECONDS = Histogram(
    "fairway_http_seconds", "Seconds from a request to the end of its response", ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)  # fmt: skip
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count(scope: Scope, status: int, seconds: float) -> None:
    """`status` 0: no response was started."""
    route = scope.get("route")
    method = scope["method"] if scope["method"] in METHODS else "other"
    path = route.path if route else "none"
    _requests(method, path, status // 100).inc()
    _seconds(method, path).observe(seconds)


@cache
def _requests(method: str, path: str, status: int) -> Counter:
    return REQUESTS.labels(method, path, f"{status}xx")


@cache
def _seconds(method: str, path: str) -> Histogram:
    return SECONDS.labels(method, path)
