"""The loss chart where losses are not defined."""

import io
from base64 import b64decode

import pytest
from PIL import Image

from training.runs.loss_chart import _title, _unbroken, loss_chart


def epochs(*losses):
    return [{"epoch": number, "values": {"val_loss": loss}} for number, loss in enumerate(losses, 1)]


def test_line_has_a_gap_where_the_value_is_not_defined():
    line = [(1, 0.5), (2, None), (3, 0.4), (4, 0.3)]
    assert _unbroken(line) == [[(1, 0.5)], [(3, 0.4), (4, 0.3)]]
    assert _title("val_loss", line) == "val_loss (1 not defined)"
    assert _title("val_loss", line[2:]) == "val_loss"


@pytest.mark.parametrize("losses", [(0.5, None, 0.25), (None, None), (None, 1.0)])
def test_chart_is_drawn_with_gaps(losses):
    assert Image.open(io.BytesIO(b64decode(loss_chart(epochs(*losses))))).format == "PNG"
