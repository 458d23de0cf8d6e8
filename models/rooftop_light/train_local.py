"""`python -m models.rooftop_light.train_local --data FOLDER --holdout X --minutes M`: see `geoml.local`."""

from models.rooftop_light import checkpoint
from models.rooftop_light.classifier import to_onnx
from models.rooftop_light.fitting import fit, measure
from models.rooftop_light.hyperparameters import complete
from models.rooftop_light.make_base import base_model

from geoml.local import Plugin, main

ROOFTOP_LIGHT = Plugin(
    name="rooftop_light",
    complete=complete,
    base=lambda: checkpoint.save(base_model()),
    fit=fit,
    measure=measure,
    to_onnx=lambda weights: to_onnx(checkpoint.load(weights)),
)

if __name__ == "__main__":
    main(ROOFTOP_LIGHT, {})
