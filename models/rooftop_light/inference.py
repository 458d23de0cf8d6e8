"""Buildings by the exported light model. Needs neither scikit-learn nor ZenML, so that it can serve alone."""

from functools import partial

from geoml.predict import predict as predict_buildings

predict = partial(predict_buildings, source="rooftop-light")
"""`geoml.predict.predict` with the name of this model."""
