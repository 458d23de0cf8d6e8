"""Export of the network to one self-contained ONNX file that returns probabilities."""

import contextlib
import io
import logging

import onnx
import torch
from torch.export import Dim

from geoml.unet.network import STRIDE, Probabilities, UNet
from geoml.warning_filters import ignore_warning

OPSET = 18


def to_onnx(network: UNet) -> bytes:
    """Returns an ONNX file that maps float32 `image` [batch, 3, H, W] to `probabilities` [batch, outputs, H, W].

    Batch, H and W are free; H and W are multiples of STRIDE.
    """
    # torch documents Module.to(memory_format=…), its types forget it.
    graph = Probabilities(network.to(memory_format=torch.contiguous_format)).eval()  # type: ignore[call-overload]
    free = {0: Dim("batch"), 2: STRIDE * Dim("rows", min=2), 3: STRIDE * Dim("columns", min=2)}
    for noisy in ("torch.onnx", "onnxscript", "onnx_ir"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()), ignore_warning(FutureWarning):
        program = torch.onnx.export(
            graph,
            (torch.zeros(2, 3, 6 * STRIDE, 8 * STRIDE),),
            dynamo=True,
            opset_version=OPSET,
            input_names=["image"],
            output_names=["probabilities"],
            dynamic_shapes=(free,),
        )
    assert program
    onnx.checker.check_model(program.model_proto, full_check=True)
    return program.model_proto.SerializeToString()
