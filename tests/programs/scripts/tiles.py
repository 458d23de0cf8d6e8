"""pmtiles: header, metadata and tiles of an archive, read by ranges from its address."""

import json
import sys
import urllib.request

from pmtiles.reader import Reader, all_tiles

asked = json.load(sys.stdin)


def ranges(offset: int, length: int) -> bytes:
    request = urllib.request.Request(asked["url"], headers={"Range": f"bytes={offset}-{offset + length - 1}"})
    with urllib.request.urlopen(request, timeout=30) as response:
        assert response.status == 206, response.status
        return response.read()


reader = Reader(ranges)
header = reader.header()
tiles = [(place, len(data), data[:2] == b"\x1f\x8b") for place, data in all_tiles(ranges)]
print(json.dumps({
    "header": {name: getattr(value, "name", value) for name, value in header.items()},
    "metadata": reader.metadata(),
    "tiles": [place for place, _, _ in tiles],
    "bytes": sum(size for _, size, _ in tiles),
    "gzip": all(zipped for _, _, zipped in tiles),
}, default=str))  # fmt: skip
