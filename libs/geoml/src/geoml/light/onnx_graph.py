"""A builder of ONNX graphs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 18, 10


class GraphBuilder:
    """Each method adds a node and returns the name of its output tensor. Images are [n, channels, height, width]."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, value: NDArray) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        name = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def convolve(self, image: str, kernel: NDArray, bias: NDArray | None = None) -> str:
        """Keeps the size of the image; pixels outside are zero."""
        pads = [kernel.shape[2] // 2, kernel.shape[3] // 2] * 2
        weights = [self.constant(kernel.astype(np.float32))]
        if bias is not None:
            weights.append(self.constant(bias.astype(np.float32)))
        return self.node("Conv", [image, *weights], pads=pads)

    def average(self, image: str, size: int) -> str:
        """The mean over a square of `size` pixels; at the edge, over the pixels inside the image.

        Columns first, then rows: `size` times quicker than the square at once.
        """
        reach = size // 2
        columns = self.node("AveragePool", [image], kernel_shape=[size, 1], pads=[reach, 0, reach, 0])
        return self.node("AveragePool", [columns], kernel_shape=[1, size], pads=[0, reach, 0, reach])

    def halve(self, image: str) -> str:
        return self.pool(image, 2)

    def pool(self, image: str, size: int) -> str:
        """The means of squares of `size` pixels that lie side by side."""
        return self.node("AveragePool", [image], kernel_shape=[size, size], strides=[size, size])

    def repeat(self, image: str, times: int) -> str:
        """Each pixel becomes a square of `times` pixels."""
        scales = self.constant(np.array([1, 1, times, times], np.float32))
        return self.node("Resize", [image, "", scales], mode="nearest")

    def double(self, image: str, times: int = 1) -> str:
        """Doubles the resolution, linearly, `times` times."""
        for _ in range(times):
            scales = self.constant(np.array([1, 1, 2, 2], np.float32))
            image = self.node("Resize", [image, "", scales], mode="linear")
        return image

    def concatenate(self, images: Sequence[str]) -> str:
        """Along the channels."""
        return self.node("Concat", images, axis=1)

    def model(self, source: str, result: str) -> bytes:
        """Returns the serialised model, checked by ONNX; its input `source` is float32 [batch, 3, height, width]."""
        shape = ["batch", 3, "height", "width"]
        inputs = [helper.make_tensor_value_info(source, TensorProto.FLOAT, shape)]
        self._nodes.append(helper.make_node("Identity", [result], ["probabilities"]))
        shape = ["batch", None, None, None]
        outputs = [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, shape)]
        body = helper.make_graph(self._nodes, "light", inputs, outputs, self._constants)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(body, opset_imports=opset, ir_version=IR_VERSION, producer_name="fairway")
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString()
