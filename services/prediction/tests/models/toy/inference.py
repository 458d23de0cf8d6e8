"""A plug-in that sees nothing: each chip is one square whose confidence is the mean of its pixels, by way of ONNX."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.warp import transform_geom
from shapely.geometry import box, mapping


def predict(session: Any, input_images: str, params: dict[str, Any], **_: Any) -> dict[str, Any]:
    chips = sorted(Path(input_images).glob("*.tif"))
    if not chips:
        raise FileNotFoundError("no image")
    if params.get("mode") == "raise":
        raise ValueError("The model refuses this imagery")
    time.sleep(params.get("sleep", 0))
    features = [] if params.get("mode") == "nothing" else [_feature(chip, session, params) for chip in chips]
    wanted = [f for f in features if f["properties"]["confidence"] >= params["confidence_threshold"]]
    return {"type": "FeatureCollection", "features": wanted}


def _feature(path: Path, session: Any, params: dict[str, Any]) -> dict[str, Any]:
    with rasterio.open(path) as chip:
        mean = session.run(None, {session.get_inputs()[0].name: chip.read()[None, :3].astype(np.float32) / 255})[0]
        shape = box(*chip.bounds).centroid if params.get("mode") == "points" else box(*chip.bounds)
        geometry = transform_geom(chip.crs, "EPSG:4326", mapping(shape))
    properties: dict[str, Any] = {"chip": path.name, "confidence": round(float(mean.ravel()[0]), 6)}
    if params.get("mode") == "flood":
        properties["noise"] = "x" * 1_000_000
    return {"type": "Feature", "geometry": geometry, "properties": properties}
