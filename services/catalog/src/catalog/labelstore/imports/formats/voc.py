"""Pascal VOC. Whether corners begin with 1 or 0 is what the file itself says, where we wrote it, or the caller."""

from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree

from catalog.labelstore.datasets.formats.voc import SOURCE
from catalog.labelstore.imports.formats.found import BadImport, FoundImage, FoundObject, clean_name
from catalog.labelstore.imports.formats.source import Source
from catalog.labelstore.imports.spool import Spool

BROKEN = "It is no valid XML."
ENTITIES = "It declares a document type, which is refused."
NO_BOX = "It has no name or no complete bndbox."
NO_IMAGE = "It names no picture."


def read(source: Source, spool: Spool, first_pixel: int | None = None, **_: Any) -> None:
    names = sorted(name for name in source.names if name.lower().endswith(".xml"))
    if not names:
        raise BadImport("There are no XML files in the archive.")
    sides = _sides(source)
    pictures = {PurePosixPath(name).name: name for name in source.names if "/JPEGImages/" in f"/{name}"}
    for name in names:
        _read_file(source, name, spool, sides, pictures, first_pixel)


def _sides(source: Source) -> dict[str, str]:
    """Returns the side of each stem. `trainval` says nothing that the other lists do not."""
    found: dict[str, str] = {}
    for side in ("test", "val", "train"):
        for name in source.names:
            if name.endswith(f"ImageSets/Main/{side}.txt"):
                found |= {line.split()[0]: side for line in source.text(name).splitlines() if line.strip()}
    return found


def _read_file(
    source: Source, name: str, spool: Spool, sides: dict[str, str], pictures: dict[str, str], first_pixel: int | None
) -> None:
    text = source.text(name)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return spool.images_left_out.add(ENTITIES, name)
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without a document type there are no entities
        picture = clean_name(root.findtext("filename") or "")
    except (ElementTree.ParseError, ValueError) as error:
        return spool.images_left_out.add(NO_IMAGE if isinstance(error, ValueError) else BROKEN, name)
    width, height = (_whole(root.findtext(f"size/{side}")) for side in ("width", "height"))
    image = FoundImage(picture, width, height, sides.get(PurePosixPath(name).stem))
    spool.add_image(image, member=pictures.get(PurePosixPath(picture).name))
    ours = root.findtext("source/annotation") == SOURCE
    first = 1 if ours or first_pixel is None else first_pixel
    for number, one in enumerate(root.iterfind("object"), 1):
        _add(spool, picture, f"{name}, object {number}", one, first)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdigit() and int(text) else None


def _add(spool: Spool, picture: str, where: str, one: ElementTree.Element, first: int) -> None:
    label = one.findtext("name")
    try:
        xmin, ymin, xmax, ymax = (
            float(one.findtext(f"bndbox/{side}") or "") for side in ("xmin", "ymin", "xmax", "ymax")
        )
    except ValueError:
        return spool.left_out.add(NO_BOX, where)
    if not label:
        return spool.left_out.add(NO_BOX, where)
    return spool.add_object(picture, FoundObject(where, label, (xmin - first, ymin - first, xmax, ymax)))
