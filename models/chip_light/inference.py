"""Yes or no for cells of chips by the exported light model. Needs neither scikit-learn nor ZenML, so that it can serve
alone."""

from functools import partial

from geoml.classification import predict as predict_cells

predict = partial(predict_cells, source="chip-light")
"""`geoml.classification.predict` with the name of this model."""
