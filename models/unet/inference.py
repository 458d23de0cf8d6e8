"""Buildings by the exported U-Net. Needs neither torch nor ZenML, so that it can serve alone."""

from functools import partial

from geoml.predict import predict as predict_buildings

predict = partial(predict_buildings, source="unet")
"""`geoml.predict.predict` with the name of this model."""
