"""`python -m models.unet.train_local --data FOLDER --holdout X --minutes M`: see `geoml.local`."""

from models.unet import checkpoint
from models.unet.export import to_onnx
from models.unet.fitting import fit, measure
from models.unet.hyperparameters import complete
from models.unet.make_base import base_network

from geoml.local import Plugin, main

UNET = Plugin(
    name="unet",
    complete=complete,
    base=lambda: checkpoint.save(base_network()),
    fit=fit,
    measure=measure,
    to_onnx=lambda weights: to_onnx(checkpoint.load(weights)),
)

if __name__ == "__main__":
    main(UNET, {"epochs": 500})
