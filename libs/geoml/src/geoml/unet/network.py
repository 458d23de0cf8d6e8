"""The network: a U-Net (Ronneberger, Fischer, Brox, 2015) on 2 x 2 pixels at a time, for speed."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoml.unet.efficientnet import EfficientNetLite0
from geoml.unet.encoder import DEPTHS, Encoder, PlainEncoder, block

CLASSES, DEPTH, SIDES = 3, 1, 4
"""Channels: background, interior and border; the depth; left, top, right and bottom, of networks that have them."""
STRIDE = 16
REACH = 16.0
"""Pixels from the middle to the side of a usual box."""
PLAIN, LITE0 = "plain", "efficientnet-lite0"
ENCODERS: dict[str, Callable[[int], Encoder]] = {PLAIN: PlainEncoder, LITE0: lambda width: EfficientNetLite0()}
"""By the names that checkpoints have for them; they take the width of the network."""


class UNet(nn.Module):
    """Maps images [batch, 3, H, W] in 0…1 to logits [batch, outputs, H, W]; H and W are multiples of STRIDE.

    The first CLASSES are background, interior and border; then comes the depth inside a building, see
    `geoml.labels.LabelRasterizer.depth`. A network with SIDES more outputs also tells how far the sides of the
    building's box are, as logarithms of distances in units of REACH pixels.

    The four pixels of a square enter and leave as channels (pixel unshuffle and shuffle: Shi et al., 2016), so no
    detail is lost. `width` is the number of channels at half resolution; deeper levels have DEPTHS times as many.
    `encoder` is one of ENCODERS.
    """

    def __init__(self, width: int, outputs: int = CLASSES + DEPTH, encoder: str = PLAIN) -> None:
        super().__init__()
        self.width, self.outputs, self.encoder_name, self.frozen = width, outputs, encoder, False
        self.encoder = ENCODERS[encoder](width)
        *skips, deepest = self.encoder.channels
        widths = [width * depth for depth in DEPTHS[-2::-1]]
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(i, o, 2, stride=2) for i, o in zip([deepest, *widths], widths, strict=False)
        )
        self.join = nn.ModuleList(block(o + skip, o) for o, skip in zip(widths, skips[::-1], strict=True))
        self.head = nn.Conv2d(width, 4 * outputs, 3, padding=1)

    def freeze(self) -> None:
        """Excludes the encoder from training: its weights, and the statistics of its normalisation."""
        self.frozen = True
        self.encoder.requires_grad_(False)

    def train(self, mode: bool = True) -> "UNet":
        super().train(mode)
        if self.frozen:
            self.encoder.eval()
        return self

    def forward(self, image: Tensor) -> Tensor:
        *skips, x = self.encoder(image)
        for up, join, skip in zip(self.up, self.join, skips[::-1], strict=True):
            x = join(torch.cat([up(x), skip], dim=1))
        return functional.pixel_shuffle(self.head(x), 2)


class Probabilities(nn.Module):
    """A U-Net whose outputs are probabilities and the depth, all in 0…1, and distances in pixels where it has sides."""

    def __init__(self, network: UNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        logits = self.network(image)
        classes, depth, sides = logits.split([CLASSES, DEPTH, self.network.outputs - CLASSES - DEPTH], 1)
        return torch.cat([classes.softmax(1), depth.sigmoid(), pixels(sides)], dim=1)


def pixels(sides: Tensor) -> Tensor:
    """Returns distances in pixels. They end at 64 times REACH, so that no untrained network overflows."""
    return REACH * sides.clamp(max=4).exp()
