"""Classes that were renamed keep their published names in the OpenAPI document."""

import pytest

from gateway.openapi.schema_names import published_name, with_published_names

NAMES = {"V1Aoi": "EarlyAoi", "ListOf_V1Model_": "ListOf_EarlyModel_", "PinPoint": "Place", "ModelPoint": "ModelPoint",
         "V1": "V1", "ValidV1Name": "ValidV1Name"}  # fmt: skip


@pytest.mark.parametrize(("name", "published"), NAMES.items())
def test_name_as_published(name: str, published: str):
    assert published_name(name) == published


def test_references_follow_their_schemas():
    reference = {"$ref": "#/components/schemas/V1Aoi"}
    document = {"paths": {"/v1": reference}, "components": {"schemas": {"V1Aoi": {"title": "V1Aoi"}}}}
    published = with_published_names(document)
    assert published["paths"] == {"/v1": {"$ref": "#/components/schemas/EarlyAoi"}}
    assert list(published["components"]["schemas"]) == ["EarlyAoi"]
