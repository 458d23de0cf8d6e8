"""The network as one self-contained ONNX file that ends in probabilities."""

import contextlib
import io
import logging

import onnx
import torch
from models.unet.network import STRIDE, UNet
from torch import nn
from torch.export import Dim

from geoml.quiet import silence

OPSET = 18


def to_onnx(network: UNet) -> bytes:
    """float32 `image` [batch, 3, H, W] to `probabilities` [batch, 3, H, W]; batch, H and W are free."""
    graph = nn.Sequential(network.to(memory_format=torch.contiguous_format), nn.Softmax(dim=1)).eval()
    free = {0: Dim("batch"), 2: STRIDE * Dim("rows", min=2), 3: STRIDE * Dim("columns", min=2)}
    for noisy in ("torch.onnx", "onnxscript", "onnx_ir"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()), silence(FutureWarning):
        program = torch.onnx.export(
            graph,
            (torch.zeros(2, 3, 6 * STRIDE, 8 * STRIDE),),
            dynamo=True,
            opset_version=OPSET,
            input_names=["image"],
            output_names=["probabilities"],
            dynamic_shapes=(free,),
        )
    onnx.checker.check_model(program.model_proto, full_check=True)
    return program.model_proto.SerializeToString()
