"""Checkpoints: network shape and weights in one file, read without running code from it."""

import io
import pickle
import zipfile
from typing import Any

import torch

from geoml.unet.network import ENCODERS, PLAIN, UNet


def save(network: UNet, format: str) -> bytes:
    """`format` names the kind of network, so that no other kind reads it."""
    buffer = io.BytesIO()
    state = dict(zip(_names(network), network.state_dict().values(), strict=True))
    content = {"format": format, "width": network.width, "encoder": network.encoder_name, "state": state}
    torch.save(content, buffer)
    return buffer.getvalue()


def load(data: bytes, format: str, outputs: int) -> UNet:
    """Raises ValueError for anything but a complete checkpoint of a network of that kind."""
    content = _read(data)
    if not isinstance(content, dict) or content.get("format") != format:
        raise ValueError(f"not a {format} checkpoint")
    network = UNet(int(content["width"]), outputs, _encoder(content))
    names = _names(network)
    try:
        state = {str(names.get(key, key)): value for key, value in content["state"].items()}
        network.load_state_dict(state, strict=True)
    except RuntimeError as error:
        raise ValueError("the checkpoint does not fit the network") from error
    return network.eval()


def _encoder(content: dict[str, Any]) -> str:
    """A checkpoint that names no encoder has the plain one."""
    name = str(content.get("encoder", PLAIN))
    if name not in ENCODERS:
        raise ValueError(f"the checkpoint has an unknown encoder: {name}")
    return name


def _names(network: UNet) -> dict[str, str]:
    """Returns the network's names by those in the file, where parts of an encoder have no prefix."""
    return {name.removeprefix("encoder."): name for name in network.state_dict()}


def _read(data: bytes) -> Any:
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise ValueError("not a torch checkpoint")
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError) as error:
        raise ValueError("not a torch checkpoint") from error
