#!/usr/bin/env bash
# GDAL opens a file inside a ZIP at a web address, but it decides by the spelling of the address, before any request:
#   .../chips.zip    /vsizip//vsicurl/ADDRESS/FILE opens it
#   .../chips        not found, and no request is sent; with braces, /vsizip/{/vsicurl/ADDRESS}/FILE, it opens
#   .../chips/       not found, with braces or without: an address that ends in a slash is a folder to GDAL, though the
#                    server answers HEAD with 200, the length and the type of a ZIP
# All three addresses serve the same bytes with the same headers, so a redirecting or REST-style address has to end in
# `.zip` to be of use to QGIS, rasterio and gdalinfo.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check rasterio==1.4.4 numpy==2.4.6

cat > "$folder/show.py" <<'PYTHON'
import io
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy
import rasterio
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

with MemoryFile() as memory:
    with memory.open(driver="GTiff", width=8, height=8, count=1, dtype="uint8", crs="EPSG:4326",
                     transform=from_origin(0, 1, 0.1, 0.1)) as target:
        target.write(numpy.ones((1, 8, 8), "uint8"))
    chip = bytes(memory.getbuffer())
content = io.BytesIO()
with zipfile.ZipFile(content, "w") as archive:
    archive.writestr("chip.tif", chip)
content = content.getvalue()
requests = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        requests.append(f"{self.command} {self.path}")

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, whole):
        asked, data = self.headers.get("Range"), content
        self.send_response(206 if asked else 200)
        if asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            data = content[int(first) : int(last or len(content) - 1) + 1]
            self.send_header("Content-Range", f"bytes {first}-{int(first) + len(data) - 1}/{len(content)}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Type", "application/zip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if whole:
            self.wfile.write(data)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
plain, braces = "/vsizip//vsicurl/{}/chip.tif", "/vsizip/{{/vsicurl/{}}}/chip.tif"
print(f"Python {sys.version.split()[0]}, rasterio {rasterio.__version__}, GDAL {rasterio.__gdal_version__}")
seen = {}
# GDAL remembers what it has seen of an address, so each form has one of its own
for path in ("/1/chips.zip", "/2/chips", "/3/chips/"):
    for name, form in (("plain", plain), ("braces", braces)):
        requests.clear()
        address = f"{base}/{name}{path}"
        try:
            with rasterio.open(form.format(address)) as opened:
                seen[path[3:], name] = f"opened, {opened.width} x {opened.height} pixels"
        except rasterio.errors.RasterioIOError:
            seen[path[3:], name] = "does not exist"
        print(f"{name:6} {path[3:]:10} {seen[path[3:], name]:24} requests: {', '.join(requests) or 'none'}")
opened = {key for key, words in seen.items() if words.startswith("opened")}
expected = {("chips.zip", "plain"), ("chips.zip", "braces"), ("chips", "braces")}
if opened != expected:
    sys.exit(f"The behaviour has changed: {opened ^ expected}")
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
