"""A real HTTP server that answers what a test has laid out, and remembers what it was asked."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


@dataclass
class Answer:
    """`body` as JSON, or bytes as they are."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Gateway:
    """`answers` maps "METHOD /path" to answers, given in turn, the last one again and again; None cuts the line."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer | None]] = {}
        self.asked: list[Asked] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/api/v1"

    def on(self, route: str, *answers: Answer | None) -> None:
        self.answers[route] = list(answers)

    def rows(self, path: str, *rows: dict[str, Any], follow: str | None = None) -> Answer:
        answer = Answer(body={"count": len(rows), "next": follow, "previous": None, "results": list(rows)})
        self.on(f"GET {path}", answer)
        return answer

    def paths(self, method: str) -> list[str]:
        return [asked.path for asked in self.asked if asked.method == method]

    def _next(self, route: str) -> Answer | None:
        left = self.answers.get(route, [Answer(404, {"detail": f"nothing laid out for {route}"})])
        return left.pop(0) if len(left) > 1 else left[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                url = urlsplit(self.path)
                path = url.path.removeprefix("/api/v1")
                content = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                is_json = "json" in headers.get("content-type", "json")
                body = (json.loads(content) if is_json else content) if content else None
                gateway.asked.append(Asked(self.command, path, dict(parse_qsl(url.query)), body, headers))
                answer = gateway._next(f"{self.command} {path}")
                if answer is None:
                    return self.connection.close()
                self.send_response(answer.status)
                for name, value in {"content-length": str(len(answer.content)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                pass

        return Handler
