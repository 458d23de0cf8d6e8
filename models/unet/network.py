"""The network: a U-Net (Ronneberger, Fischer, Brox, 2015) on 2 x 2 pixels at a time, for speed."""

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES, OUTPUTS = 3, 4
STRIDE = 16
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
    """Maps images [batch, 3, H, W] in 0…1 to logits [batch, OUTPUTS, H, W]; H and W are multiples of STRIDE.

    The first CLASSES are background, interior and border; the last is the depth inside a building, see
    `geoml.labels.LabelRasterizer.depth`.

    The four pixels of a square enter and leave as channels (pixel unshuffle and shuffle: Shi et al., 2016), so no
    detail is lost. `width` is the number of channels at half resolution; deeper levels have DEPTHS times as many.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width, self.frozen = width, False
        widths = [width * depth for depth in DEPTHS]
        self.normalise = nn.BatchNorm2d(12)
        self.down = nn.ModuleList(block(i, o) for i, o in zip([12, *widths], widths, strict=False))
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(i, o, 2, stride=2) for i, o in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.join = nn.ModuleList(block(2 * o, o) for o in widths[-2::-1])
        self.head = nn.Conv2d(width, 4 * OUTPUTS, 3, padding=1)

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
    """A U-Net whose outputs are probabilities and the depth, all in 0…1."""

    def __init__(self, network: UNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        logits = self.network(image)
        return torch.cat([logits[:, :CLASSES].softmax(1), logits[:, CLASSES:].sigmoid()], dim=1)
