"""pystac: validates items and collections by the schemas that they declare. Core schemas are pystac's own; those of the
extensions are given; all others are fetched from where they say they are."""

import json
import sys
import urllib.request

import pystac
from pystac.validation.stac_validator import JsonSchemaSTACValidator

asked = json.load(sys.stdin)
validator = JsonSchemaSTACValidator()
validator.schema_cache.update(asked["copies"])
fetched, missing = [], []


def read(address: str) -> dict:
    with urllib.request.urlopen(address, timeout=20) as response:
        return json.load(response)


def problems(document: dict) -> list[str]:
    held = []
    for uri in document.get("stac_extensions", []):
        if uri in validator.schema_cache:
            held.append(uri)
        elif uri.startswith("https://stac-extensions.github.io/"):
            missing.append(uri)
        else:
            try:
                validator.schema_cache[uri] = read(uri)
            except OSError as error:
                return [f"{uri}: not to be had: {error}"]
            fetched.append(uri)
            held.append(uri)
    # pystac reads both anew, as it comes from the server
    thing = pystac.Collection if document["type"] == "Collection" else pystac.Item
    thing.from_dict(json.loads(json.dumps(document)))
    try:
        validator.validate(document, pystac.STACObjectType(document["type"]), document["stac_version"], held)
    except pystac.STACValidationError as error:
        return [str(error)[:1500]]
    return []


found = {address: problems(read(address)) for address in asked["addresses"]}
print(json.dumps({"problems": found, "fetched": fetched, "not held": sorted(set(missing))}))
