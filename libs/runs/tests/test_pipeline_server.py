from typing import Any

import pytest

from kit.errors import Unavailable
from pipelines.port import PipelinesDown
from runs.pipeline_server import PipelineServer


class Client:
    def __init__(self, is_down: bool = False) -> None:
        self.is_down, self.closed, self.ended = is_down, False, []

    async def state(self, run_id: str) -> str:
        if self.is_down:
            raise PipelinesDown("silence")
        return f"state of {run_id}"

    async def mark_ended(self, run_id: str, *_: Any) -> None:
        if self.is_down:
            raise PipelinesDown("silence")
        self.ended.append(run_id)

    async def aclose(self) -> None:
        self.closed = True


async def test_client_is_made_once_when_it_is_needed():
    made: list[Client] = []

    def connect() -> Client:
        made.append(Client())
        return made[-1]

    server = PipelineServer(connect)  # type: ignore[arg-type]
    await server.stop()
    assert made == []
    assert [await server.call(lambda it: it.state("r1")) for _ in range(2)] == ["state of r1"] * 2
    await server.stop()
    assert [client.closed for client in made] == [True]


async def test_silent_server_is_unavailable_and_keeps_open_records():
    server = PipelineServer(lambda: Client(is_down=True))  # type: ignore[arg-type]
    with pytest.raises(Unavailable) as refusal:
        await server.call(lambda it: it.state("r1"))
    assert refusal.value.code == "pipelines_unavailable"
    with pytest.raises(PipelinesDown):
        await server.ask(lambda it: it.state("r1"))
    await server.mark_failed("r1", "Its worker died.")


async def test_record_of_a_dead_run_is_closed():
    client = Client()
    await PipelineServer(lambda: client).mark_failed("r1", "Its worker died.")  # type: ignore[arg-type]
    assert client.ended == ["r1"]
