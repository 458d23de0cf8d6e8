"""One trace from the HTTP request to the last consumer."""

import asyncio

import httpx
import pytest

from stack.platform import run
from stack.sandbox.start import sandbox
from tests.e2e.conftest import Platform
from tests.e2e.faults import until

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HOPS = {"gateway", "notify", "catalog"}


@pytest.fixture
def receiver(platform: Platform):
    """Services that export their spans to a real OTLP receiver."""
    daemon, address = sandbox("otlp", home=platform.home)
    daemon.start()
    rooms = [run.service(platform.home, platform.env, room) for room in sorted(HOPS)]
    for room in rooms:
        room.env = {**room.env, "OTEL_EXPORTER_OTLP_ENDPOINT": address}
        room.stop()
        room.start()
    yield address
    for room in rooms:
        room.stop()
        run.service(platform.home, platform.env, room.name).start()
    daemon.stop()


def test_one_trace_from_request_to_last_consumer(platform: Platform, receiver: str):
    headers = {
        "Authorization": f"Bearer {platform.token}", "X-Dev-User": "90:traced",
        "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
    }  # fmt: skip
    body = {"email": "traced@example.org"}
    httpx.patch(f"{platform.url}/auth/me/", json=body, headers=headers, timeout=20).raise_for_status()
    asyncio.run(until(lambda: _services(receiver) >= HOPS, 30))
    names = {span["name"] for span in _spans(receiver)}
    assert any(name.startswith("send cmd.gateway") for name in names)
    assert "process evt.gateway.v1.user_changed" in names


def _spans(receiver: str) -> list[dict]:
    return [span for span in httpx.get(f"{receiver}/spans", timeout=10).json() if span["trace_id"] == TRACE]


def _services(receiver: str) -> set[str]:
    return {span["service"] for span in _spans(receiver)}
