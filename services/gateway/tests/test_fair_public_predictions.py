"""What the public doors to predictions pass on."""

import pytest

from contracts.prediction import ListPredictions


@pytest.mark.spec("8.7", "filter local_model_stac_id, search, ordering")
@pytest.mark.spec("1.2", "default page size")
async def test_public_list_is_narrowed_as_asked(http, owners):
    owners.answer(ListPredictions, {"count": 0, "results": []})
    await http.get("/api/v1/public-predictions/?local_model_stac_id=m-1&search=roofs&ordering=-submitted_at")
    asked = owners.last(ListPredictions)
    assert (asked["public"], asked["local_model_stac_id"]) == (True, "m-1")
    page = asked["page"]
    assert (page["search"], page["ordering"], page["limit"], page["offset"]) == ("roofs", "-submitted_at", 50, 0)
