"""What clients of the first generation are told of metrics of all types."""

import pytest

from gateway.apis.fair_v1.related import accuracy_of


@pytest.mark.parametrize(
    ("metrics", "per_cent"),
    [
        ({"accuracy": 0.875}, 87.5), ({"accuracy": None}, None), ({"accuracy": "high", "mean_iou": 0.5}, 50.0),
        ({"accuracy": None, "mean_iou": 1}, 100), ({}, None), (None, None),
    ],
)  # fmt: skip
def test_accuracy_that_is_not_defined_is_none(metrics, per_cent):
    assert accuracy_of({"metrics": metrics}) == per_cent
