"""pystac-client: searches, counts and walks a STAC API."""

import json
import sys
import warnings

from pystac_client import Client

asked = json.load(sys.stdin)
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    client = Client.open(asked["url"])
    collections = {one.id: one for one in client.get_collections()}
    counts = {name: client.search(collections=[name]).matched() for name in collections}
    found = {
        name: [item.id for item in client.search(collections=[name], max_items=200).items()] for name in collections
    }
    boxes = {name: [item.bbox for item in one.get_items()] for name, one in collections.items()}
    there = [item.id for item in client.search(bbox=asked["box"], max_items=200).items()]
    walked = {
        "children": [child.id for root, children, items in client.walk() for child in children],
        "items": [item.id for root, children, items in client.walk() for item in items],
    }
print(json.dumps({
    "counts": counts,
    "found": found,
    "there": there,
    "walked": walked,
    "extents": {name: one.extent.to_dict() for name, one in collections.items()},
    "boxes": boxes,
    "conforms": client.get_conforms_to() if hasattr(client, "get_conforms_to") else [],
    "said": [str(one.message) for one in said],
}, default=str))  # fmt: skip
