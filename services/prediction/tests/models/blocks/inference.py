"""The machine of our own plug-ins, on small blocks and with a model that can be made slow. Every look at a block is
noted in $TOY_FOLDER/looks."""

import hashlib
import os
import time
from typing import Any

from geoml import predict as machine

machine.BLOCK_PIXELS, machine.BLOCKS_PER_GROUP = 256, 2


class Noted:
    def __init__(self, session: Any, pause: float) -> None:
        self.session, self.pause = session, pause

    def get_inputs(self) -> Any:
        return self.session.get_inputs()

    def run(self, names: Any, feed: dict[str, Any]) -> Any:
        time.sleep(self.pause)
        (image,) = feed.values()
        with open(f"{os.environ['TOY_FOLDER']}/looks", "a") as looks:
            looks.write(hashlib.sha256(image.tobytes()).hexdigest() + "\n")
        return self.session.run(names, feed)


def predict(session: Any, input_images: str, params: dict[str, Any], **callbacks: Any) -> dict[str, Any]:
    slow = Noted(session, params.get("sleep", 0))
    return machine.predict(slow, input_images, params, source="blocks", **callbacks)
