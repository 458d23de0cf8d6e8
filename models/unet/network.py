"""The network: a U-Net whose finest level is thin, so that most work is done at half the working resolution."""

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = 3
STRIDE = 16


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
    """[batch, 3, H, W] in 0…1 to logits [batch, 3, H, W]; H and W are multiples of STRIDE, `width` is even."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        widths = [width // 2, width, 2 * width, 4 * width, 6 * width]
        self.normalise = nn.BatchNorm2d(3)
        self.down = nn.ModuleList(block(i, o) for i, o in zip([3, *widths], widths, strict=False))
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(i, o, 2, stride=2) for i, o in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.join = nn.ModuleList(block(2 * o, o) for o in widths[-2::-1])
        self.head = nn.Conv2d(widths[0], CLASSES, 1)

    def forward(self, image: Tensor) -> Tensor:
        x, skips = self.normalise(image), []
        for level, down in enumerate(self.down):
            x = down(functional.max_pool2d(x, 2) if level else x)
            skips.append(x)
        for up, join, skip in zip(self.up, self.join, skips[-2::-1], strict=True):
            x = join(torch.cat([up(x), skip], dim=1))
        return self.head(x)
