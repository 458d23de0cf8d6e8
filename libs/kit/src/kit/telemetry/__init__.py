"""Health, metrics, traces and logs of a process."""

from kit.imports import import_empty

_WSGI = ("make_server", "WSGIRequestHandler", "WSGIServer")
with import_empty({"http.server": ("BaseHTTPRequestHandler",), "wsgiref.simple_server": _WSGI}):
    import prometheus_client  # noqa: F401  with web servers of its own: 0.1 MB a process
