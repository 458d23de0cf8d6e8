"""Pascal VOC. Its corners are ambiguous by one pixel: here they begin with 1 and are inclusive, as each file says."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath
from xml.sax.saxutils import escape

from catalog.labelstore.datasets.formats.archive import Archive, picture_name
from catalog.labelstore.datasets.version_rows import VersionImage, VersionObject

SOURCE = "pixel coordinates begin with 1; xmax and ymax are inclusive"
BOXES = "Only its box is written: the format has no other shapes."


class VocWriter:
    """`altered` counts objects whose shape the format does not have."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._stems: dict[str, list[str]] = defaultdict(list)
        self.altered: Counter[str] = Counter()

    def picture(self, image: VersionImage) -> str:
        """Returns the name of the picture in the archive."""
        return f"JPEGImages/{picture_name(image)}"

    def add(self, image: VersionImage) -> None:
        stem = PurePosixPath(picture_name(image)).stem
        self._stems[image.split or "train"].append(stem)
        self.archive.text(f"Annotations/{stem}.xml", "\n".join(self._lines(image)) + "\n")

    def _lines(self, image: VersionImage) -> Iterator[str]:
        yield "<annotation>"
        yield f"  <folder>JPEGImages</folder><filename>{escape(picture_name(image))}</filename>"
        yield f"  <source><database>Fairway label store</database><annotation>{SOURCE}</annotation></source>"
        yield f"  <size><width>{image.width}</width><height>{image.height}</height><depth>3</depth></size>"
        yield "  <segmented>0</segmented>"
        for one in image.objects:
            yield from self._object(one)
        yield "</annotation>"

    def _object(self, one: VersionObject) -> Iterator[str]:
        self.altered[BOXES] += one.shape is not None
        yield f"  <object><name>{escape(one.label)}</name><pose>Unspecified</pose><truncated>0</truncated>"
        yield f"    <difficult>0</difficult><bndbox><xmin>{one.xmin + 1}</xmin><ymin>{one.ymin + 1}</ymin>"
        yield f"    <xmax>{one.xmax}</xmax><ymax>{one.ymax}</ymax></bndbox></object>"

    def close(self) -> None:
        """Writes the lists of pictures of each side, and of train and val together."""
        both = [*self._stems["train"], *self._stems["val"]]
        lists = {
            "train": self._stems["train"],
            "val": self._stems["val"],
            "trainval": both,
            "test": self._stems["test"],
        }
        for name, stems in lists.items():
            self.archive.text(f"ImageSets/Main/{name}.txt", "".join(f"{stem}\n" for stem in stems))
