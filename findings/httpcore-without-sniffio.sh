#!/usr/bin/env bash
# httpcore tries `import sniffio` several times in each asynchronous request. anyio used to bring that package and does so no more; a failed
# import is not remembered, so `sys.path` is searched each time. The longer that is, the longer each request takes; with sniffio installed
# nothing is searched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv" 2>/dev/null || python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q httpx==0.28.1 httpcore==1.0.9 anyio==4.16.0
cat >"$folder/ask.py" <<'PY'
import asyncio
import sys
import time
from importlib.metadata import version

import httpx

REQUESTS = 300
searched = []


class Watching:
    """Sees each search of `sys.path` for a module, and finds nothing itself."""

    def find_spec(self, name, *_):
        searched.append(name)


async def answer(reader, writer):
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            await writer.drain()
    except asyncio.IncompleteReadError:
        writer.close()


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(address)
        sys.meta_path.insert(0, Watching())
        began = time.process_time()
        for _ in range(REQUESTS):
            await client.get(address)
        took = 1000 * (time.process_time() - began) / REQUESTS
    await asyncio.sleep(0.2)  # the server sees the end of the connection
    times = searched.count("sniffio") / REQUESTS
    print(f"{times:.0f} searches for sniffio and {took:.2f} ms of processor a request, the server's included")
    return times


print(*(f"{name} {version(name)}" for name in ("httpx", "httpcore", "anyio")), sep=", ")
sys.exit(0 if (asyncio.run(main()) > 1) is (sys.argv[1] == "missing") else 1)
PY
"$folder/venv/bin/python" "$folder/ask.py" missing || { echo "httpcore does not search for it any more"; exit 1; }
"$folder/venv/bin/pip" install -q sniffio==1.3.1
"$folder/venv/bin/python" "$folder/ask.py" installed || { echo "it is searched for although it is installed"; exit 1; }
