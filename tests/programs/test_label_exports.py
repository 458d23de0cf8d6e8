"""Exports of the label store as other people's programs read them: pycocotools, globox, supervision."""

import random
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from catalog.labelstore.datasets.formats.archive import Archive
from catalog.labelstore.datasets.jobs.write_export import make_writer
from catalog.labelstore.datasets.version_rows import VersionImage, VersionObject
from tests.programs.conftest import Facts, Programs

pytestmark = pytest.mark.timeout(1800)
CLASSES = ["a & b", "tree"]
WIDTH, HEIGHT, COUNT = 200, 150, 20
HOLED = [[[10, 10], [110, 10], [110, 110], [10, 110]], [[40, 40], [40, 70], [70, 70], [70, 40]]]
SHAPES: list[dict[str, Any]] = [
    {"type": "polygon", "coordinates": [HOLED]},
    {"type": "polygon", "coordinates": [[[[10.5, 10.25], [150, 12], [140.75, 120], [20, 90]]]]},
    {"type": "polygon", "coordinates": [[[[0, 0], [60, 0], [60, 60]]], [[[99, 60], [160, 60], [160, 140], [99, 140]]]]},
    {"type": "rotated_box", "cx": 90, "cy": 70, "width": 80, "height": 60, "angle": 30},
    {"type": "mask", "size": [HEIGHT, WIDTH], "counts": [1500, 40, 110, 40, HEIGHT * WIDTH - 1690]},
]
EDGES = [(10, 10, 110, 110), (10, 10, 150, 120), (0, 0, 160, 140), (40, 24, 140, 116), (10, 0, 12, 40)]


def boxes(dice: random.Random) -> list[VersionObject]:
    found = []
    for number in range(dice.randrange(1, 6)):
        x, y = dice.randrange(WIDTH - 40), dice.randrange(HEIGHT - 40)
        edges = x, y, x + dice.randrange(1, 40), y + dice.randrange(1, 40)
        found.append(VersionObject(number, dice.choice(CLASSES), "x", None, *edges, None))
    return found


def image(number: int, objects: list[VersionObject]) -> VersionImage:
    side = "val" if number % 4 == 0 else "train"
    name = f"{number:08d}.png"
    return VersionImage(number, 1, f"b/u/{name}", name, WIDTH, HEIGHT, side, None, None, None, "0" * 64, None, objects)


def written(folder: Path, kind: str, images: list[VersionImage], picture: bytes) -> None:
    """Unpacks an export, as its reader would, into the folder of its kind."""
    archive = Archive(folder / f"{kind}.zip")
    dataset: Any = SimpleNamespace(classes=CLASSES, campaign_id=1, version=1, title="t")
    writer = make_writer(kind, archive, folder, dataset, outlines=False)
    for one in images:
        writer.add(one)
        if hasattr(writer, "picture"):
            archive.stream(writer.picture(one), iter([picture]))
    file = writer.close()
    if file is not None:
        archive.file(file.path.name, file.path)
    archive.close()
    zipfile.ZipFile(folder / f"{kind}.zip").extractall(folder / kind)


@pytest.fixture(scope="module")
def images() -> list[VersionImage]:
    """Every fifth has no object; the first one has a shape of each kind."""
    dice = random.Random(7)
    plain = [image(number, [] if number % 5 == 0 else boxes(dice)) for number in range(2, COUNT + 2)]
    shaped = [VersionObject(n, "tree", "x", 0.5, *EDGES[n], shape) for n, shape in enumerate(SHAPES)]
    return [image(1, shaped), *plain]


@pytest.fixture(scope="module")
def read(images: list[VersionImage], programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    folder = tmp_path_factory.mktemp("exports")
    Image.new("RGB", (WIDTH, HEIGHT)).save(folder / "x.png")
    for kind in ("coco", "yolo", "voc"):
        written(folder, kind, images, (folder / "x.png").read_bytes())
    return programs.run("label_exports", folder=str(folder))


def sizes(images: list[VersionImage]) -> list[list[float]]:
    """Boxes as COCO has them."""
    return sorted([o.xmin, o.ymin, o.xmax - o.xmin, o.ymax - o.ymin] for one in images for o in one.objects)


def on(images: list[VersionImage], side: str) -> list[VersionImage]:
    return [one for one in images if one.split == side]


def near(found: list[list[float]]) -> list[list[float]]:
    return sorted([round(number, 3) for number in row] for row in found)


def test_pycocotools_measures_the_areas_that_are_written(read: Facts, images: list[VersionImage]):
    found = read["pycocotools"]
    assert (found["images"], found["precision"]) == (len(images), 1)
    assert found["boxes"] == sizes(images)
    assert len(found["areas"]) == len(sizes(images))
    for ours, theirs in found["areas"]:
        assert ours == pytest.approx(theirs, rel=0.01)


def test_globox_reads_the_same_boxes(read: Facts, images: list[VersionImage]):
    found = read["globox"]
    assert found["coco"] == {"images": len(images), "boxes": sizes(images)}
    # it takes corners of VOC as they stand: those that begin with 1 are a pixel to the right
    moved = sorted([x + 1, y + 1, width - 1, height - 1] for x, y, width, height in sizes(images))
    assert found["voc"] == {"images": len(images), "boxes": moved}
    for side in ("train", "val"):
        assert found[f"yolo {side}"]["images"] == len(on(images, side))
        assert near(found[f"yolo {side}"]["boxes"]) == sizes(on(images, side))


def test_supervision_reads_sides_classes_and_pictures_without_objects(read: Facts, images: list[VersionImage]):
    found = read["supervision"]
    for side in ("train", "val"):
        ours = sorted([o.xmin, o.ymin, o.xmax, o.ymax] for one in on(images, side) for o in one.objects)
        assert (found[f"yolo {side}"]["images"], found[f"yolo {side}"]["classes"]) == (len(on(images, side)), CLASSES)
        assert near(found[f"yolo {side}"]["boxes"]) == ours
    assert found["coco"]["images"] == len(images)
    assert len(found["coco"]["boxes"]) == len(sizes(images))
