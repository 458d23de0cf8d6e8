"""Checkpoints: network shape and weights in one file, read without running code from it."""

import io
import pickle
import zipfile
from typing import Any

import torch

from geoml.unet.network import UNet


def save(network: UNet, format: str) -> bytes:
    """`format` names the kind of network, so that no other kind reads it."""
    buffer = io.BytesIO()
    torch.save({"format": format, "width": network.width, "state": network.state_dict()}, buffer)
    return buffer.getvalue()


def load(data: bytes, format: str, outputs: int) -> UNet:
    """Raises ValueError for anything but a complete checkpoint of a network of that kind."""
    content = _read(data)
    if not isinstance(content, dict) or content.get("format") != format:
        raise ValueError(f"not a {format} checkpoint")
    network = UNet(int(content["width"]), outputs)
    try:
        network.load_state_dict(content["state"], strict=True)
    except RuntimeError as error:
        raise ValueError("the checkpoint does not fit the network") from error
    return network.eval()


def _read(data: bytes) -> Any:
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise ValueError("not a torch checkpoint")
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError) as error:
        raise ValueError("not a torch checkpoint") from error
