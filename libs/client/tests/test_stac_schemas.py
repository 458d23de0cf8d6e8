import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from fairway import stac_schemas

API = "https://maps.example/api/v1"


def test_copies_stand_at_the_addresses_that_items_declare():
    documents = stac_schemas.documents(API)
    assert set(documents) == {f"{API}/schemas/v1.1.0/{kind}/schema.json" for kind in stac_schemas.KINDS}
    assert all(document["$id"].rstrip("#") == address for address, document in documents.items())
    assert "fairway.example" not in json.dumps(documents)


@pytest.mark.parametrize("kind", ["base-model", "local-model", "dataset"])
def test_a_validator_needs_no_network(kind: str):
    documents = stac_schemas.documents(API)
    resources = [(uri, Resource.from_contents(doc, default_specification=DRAFT7)) for uri, doc in documents.items()]
    address = f"{API}/schemas/v1.1.0/{kind}/schema.json"
    check = Draft7Validator(documents[address], registry=Registry().with_resources(resources))
    assert list(check.iter_errors({"type": "Feature", "stac_extensions": [address], "properties": {}, "assets": {}}))


def test_the_package_carries_them():
    folder = Path(stac_schemas.__file__).parent
    assert {file.stem for file in folder.glob("*.json")} == set(stac_schemas.KINDS)
