"""Boxes of buildings by the exported U-Net. Needs neither torch nor ZenML, so that it can serve alone."""

from functools import partial

from geoml.detection import predict as predict_boxes

predict = partial(predict_boxes, source="box-unet")
"""`geoml.detection.predict` with the name of this model."""
