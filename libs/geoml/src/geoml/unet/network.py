"""The network: a U-Net (Ronneberger, Fischer, Brox, 2015) on 2 x 2 pixels at a time, for speed."""

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES, DEPTH, SIDES = 3, 1, 4
"""Channels: background, interior and border; the depth; left, top, right and bottom, of networks that have them."""
STRIDE = 16
REACH = 16.0
"""Pixels from the middle to the side of a usual box."""
DEPTHS = (1, 2, 4, 6)


def block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    """Maps images [batch, 3, H, W] in 0…1 to logits [batch, outputs, H, W]; H and W are multiples of STRIDE.

    The first CLASSES are background, interior and border; then comes the depth inside a building, see
    `geoml.labels.LabelRasterizer.depth`. A network with SIDES more outputs also tells how far the sides of the
    building's box are, as logarithms of distances in units of REACH pixels.

    The four pixels of a square enter and leave as channels (pixel unshuffle and shuffle: Shi et al., 2016), so no
    detail is lost. `width` is the number of channels at half resolution; deeper levels have DEPTHS times as many.
    """

    def __init__(self, width: int, outputs: int = CLASSES + DEPTH) -> None:
        super().__init__()
        self.width, self.outputs, self.frozen = width, outputs, False
        widths = [width * depth for depth in DEPTHS]
        self.normalise = nn.BatchNorm2d(12)
        self.down = nn.ModuleList(block(i, o) for i, o in zip([12, *widths], widths, strict=False))
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(i, o, 2, stride=2) for i, o in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.join = nn.ModuleList(block(2 * o, o) for o in widths[-2::-1])
        self.head = nn.Conv2d(width, 4 * outputs, 3, padding=1)

    def freeze(self) -> None:
        """Excludes the encoder from training: its weights, and the statistics of its normalisation."""
        self.frozen = True
        for part in (self.normalise, self.down):
            part.requires_grad_(False)

    def train(self, mode: bool = True) -> "UNet":
        super().train(mode)
        if self.frozen:
            self.normalise.eval()
            self.down.eval()
        return self

    def forward(self, image: Tensor) -> Tensor:
        x, skips = self.normalise(functional.pixel_unshuffle(image, 2)), []
        for level, down in enumerate(self.down):
            x = down(functional.max_pool2d(x, 2) if level else x)
            skips.append(x)
        for up, join, skip in zip(self.up, self.join, skips[-2::-1], strict=True):
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
