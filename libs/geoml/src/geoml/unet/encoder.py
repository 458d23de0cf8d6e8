"""What encoders have in common, and the plain one, which learns from nothing."""

from torch import Tensor, nn
from torch.nn import functional

DEPTHS = (1, 2, 4, 6)
SHUFFLED = 12
"""Channels of the four pixels of a square."""


def block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Encoder(nn.Module):
    """Maps images [batch, 3, H, W] in 0…1 to a list of features at a half, a quarter, an eighth and a sixteenth of the
    size, with `channels` channels."""

    channels: list[int]


class PlainEncoder(Encoder):
    """`width` is the number of channels at half resolution; deeper levels have DEPTHS times as many."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.channels = [width * depth for depth in DEPTHS]
        self.normalise = nn.BatchNorm2d(SHUFFLED)
        self.down = nn.ModuleList(block(i, o) for i, o in zip([SHUFFLED, *self.channels], self.channels, strict=False))

    def forward(self, image: Tensor) -> list[Tensor]:
        x, found = self.normalise(functional.pixel_unshuffle(image, 2)), []
        for level, down in enumerate(self.down):
            x = down(functional.max_pool2d(x, 2) if level else x)
            found.append(x)
        return found
