"""One rule for addresses of imagery, whichever route takes them."""

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.apis.fair.data import datasets
from gateway.apis.fair.models import inference, model_metadata
from gateway.apis.fair.runs import live, predictions
from gateway.apis.fair_v1.data import datasets as v1_datasets
from gateway.apis.fair_v1.runs import feedback_areas, prediction_submit
from gateway.apis.fair_v1.runs import live as v1_live

FIELDS = [
    (datasets.BuildBody, "source_imagery"), (datasets.DatasetBody, "source_imagery"),
    (datasets.DatasetPatch, "source_imagery"), (model_metadata.PinBody, "source_imagery"),
    (predictions.PredictBody, "image_uri"),
    (live.LiveBody, "image_uri"), (inference.InferenceBody, "image_uri"),
    (v1_datasets.V1DatasetBody, "source_imagery"), (v1_datasets.V1DatasetPatch, "source_imagery"),
    (feedback_areas.FeedbackAoiBody, "source_imagery"), (v1_live.V1LiveBody, "source"),
    (prediction_submit.Config, "source"),
]  # fmt: skip
TAKEN = ["tms[21]:https://{switch:p,q}.t.example/{zoom}/{x}/{-y}.png", " https://t.example/%7Bz%7D/%7Bx%7D/%7By%7D",
         "https://o.example/5b3c/tilejson.json", "https://t.example/{q}.jpg"]  # fmt: skip
REFUSED = [
    "https://t.example/${z}/${x}/${y}",
    "https://t.example/{z}/{x}",
    "/vsicurl/{z}/{x}/{y}",
    "wms:https://t.example/",
]


@pytest.mark.parametrize(("body", "field"), FIELDS, ids=lambda value: getattr(value, "__qualname__", value))
def test_the_same_addresses_are_taken_and_refused(body, field):
    info = body.model_fields[field]
    read = TypeAdapter(Annotated[info.annotation, *info.metadata, "as the body has it"]).validate_python
    for text in TAKEN:
        assert read(text) == text.strip()
    for text in REFUSED:
        with pytest.raises(ValidationError):
            read(text)
