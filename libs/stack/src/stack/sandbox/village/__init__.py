"""A generated village: imagery and the OpenStreetMap buildings in it, the same at every start.

The village lies on tiles of zoom 19, 512 pixels wide: a train grid of 4x8 tiles and, three columns further east, a
predict grid of 4x4 tiles. Lengths are metres from the north-western corner, x to the east, y to the south.
"""

from stack.sandbox.village.georeference import PREDICT, TRAIN
from stack.sandbox.village.layout import Village, build
from stack.sandbox.village.osm import features
from stack.sandbox.village.pyramid import tile

__all__ = ["PREDICT", "TRAIN", "Village", "build", "features", "tile"]
