"""YOLO in the layout of Ultralytics: `data.yaml`, a label file for each picture, folders or lists for each side of the
split."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from catalog.labelstore.imports.formats.found import BadImport, FoundImage, FoundObject, side_of_path
from catalog.labelstore.imports.formats.source import Source
from catalog.labelstore.imports.spool import Spool

PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".heic", ".gif"}
NO_CLASS = "data.yaml has no class with its number."
NO_NUMBERS = "Its line has no class and 4 numbers of a box or 6 and more of an outline."
NOT_TEXT = {"classes.txt", "readme.txt", "requirements.txt"}


def read(source: Source, spool: Spool, **_: Any) -> None:
    about, root = _about(source)
    names = _classes(about)
    pictures = {_key(name): name for name in source.names if PurePosixPath(name).suffix.lower() in PICTURES}
    sides = _sides(about, source, root)
    labels = {_key(name): name for name in source.names if _is_label(name, root, about)}
    if not pictures and not labels:
        raise BadImport("There are no label files and no pictures in the archive.")
    for key in sorted(pictures.keys() | labels.keys()):
        picture = pictures.get(key)
        name = PurePosixPath(picture).name if picture else PurePosixPath(key).name
        side = sides.get(key) or side_of_path(str(PurePosixPath(picture or labels[key]).parent))
        spool.add_image(FoundImage(name, split=side), member=picture)
        for where, line in _lines(source, labels[key]) if key in labels else ():
            _add(spool, name, where, line, names)


def _about(source: Source) -> tuple[dict[str, Any], str]:
    import yaml

    name = next((one for one in source.names if PurePosixPath(one).suffix in (".yaml", ".yml")), None)
    if name is None:
        raise BadImport("There is no data.yaml in the archive: it names the classes.")
    try:
        about = yaml.safe_load(source.text(name))
    except yaml.YAMLError as error:
        raise BadImport(f"{name} is no valid YAML.") from error
    if not isinstance(about, dict):
        raise BadImport(f"{name} names no classes.")
    return about, name.rpartition("/")[0]


def _classes(about: dict[str, Any]) -> dict[int, str]:
    names = about.get("names")
    rows = names.items() if isinstance(names, dict) else enumerate(names) if isinstance(names, list) else ()
    found = {int(number): str(name) for number, name in rows if str(number).isdigit()}
    if not found:
        raise BadImport("data.yaml names no classes.")
    return found


def _key(name: str) -> str:
    """Pictures and label files that belong together have the same key: `images` is `labels` in the name of the other
    one, and the ending differs."""
    path = PurePosixPath(name)
    return "/".join("*" if part in ("images", "labels") else part for part in (*path.parent.parts, path.stem))


def _is_label(name: str, root: str, about: dict[str, Any]) -> bool:
    path = PurePosixPath(name)
    lists = {str(about.get(side)).removeprefix("./") for side in ("train", "val", "test")}
    is_list = name.removeprefix(f"{root}/") in lists
    return path.suffix == ".txt" and path.name.lower() not in NOT_TEXT and not is_list


def _sides(about: dict[str, Any], source: Source, root: str) -> dict[str, str]:
    """Returns the side of each picture that stands in a list, by its key."""
    found: dict[str, str] = {}
    for side in ("test", "val", "train"):
        given = about.get(side)
        for one in given if isinstance(given, list) else [given]:
            path = str(PurePosixPath(root, str(one).removeprefix("./")))
            if path.endswith(".txt") and path in source.names:
                lines = (line.strip().removeprefix("./") for line in source.text(path).splitlines())
                found |= {_key(str(PurePosixPath(root, line))): side for line in lines if line}
    return found


def _lines(source: Source, name: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(source.text(name).splitlines(), 1):
        if line.strip():
            yield f"{name}, line {number}", line


def _add(spool: Spool, image: str, where: str, line: str, names: dict[int, str]) -> None:
    try:
        kind, *numbers = line.split()
        values = [float(number) for number in numbers]
        label = names.get(int(kind))
    except ValueError:
        return spool.left_out.add(NO_NUMBERS, where)
    if label is None:
        return spool.left_out.add(NO_CLASS, where)
    if len(values) in (4, 5):
        x, y, width, height = values[:4]
        box = x - width / 2, y - height / 2, x + width / 2, y + height / 2
        confidence = values[4] if len(values) == 5 else None
        return spool.add_object(image, FoundObject(where, label, box, None, "fractions", confidence))
    if len(values) < 6 or len(values) % 2:
        return spool.left_out.add(NO_NUMBERS, where)
    ring = [list(point) for point in zip(values[::2], values[1::2], strict=True)]
    shape = {"type": "polygon", "coordinates": [[ring]]}
    return spool.add_object(image, FoundObject(where, label, None, shape, "fractions"))
