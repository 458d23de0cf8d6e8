"""Finished portions: what is found again, what is not, and that nobody can tell afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest
from PIL import Image
from shapely import affinity, box

from geoml import ledger as ledgers
from geoml import predict as machine
from geoml.features import Building
from geoml.ledger import Ledger, beside
from geoml.portion import Portion, Torn, pack, unpack
from geoml.seams import Finding

PARAMS = {"confidence_threshold": 0.5}
BUILDINGS = [
    affinity.rotate(box(200, 210, 320, 300), 30),
    *(box(200 + 24 * i, 400, 224 + 24 * i, 440) for i in range(5)),
    box(530, 20, 760, 740),
]


class Killed(Exception):
    """Stands for a process that is gone."""


class Counting:
    """Passes on to another session and counts the images."""

    def __init__(self, session) -> None:
        self.session, self.calls = session, 0

    def get_inputs(self):
        return self.session.get_inputs()

    def run(self, names, feed):
        self.calls += 1
        return self.session.run(names, feed)


@dataclass
class Place:
    chips: Path
    parts: Path
    model: Path
    session: Counting

    def ledger(self) -> Ledger:
        return Ledger(f"file://{self.parts}", self.model)

    def predict(self, kill_after: int = 1000, **params) -> dict:
        def tell(stage: str, done: int, total: int) -> None:
            self.told += [(done, total)] if stage == "predict" else []
            if (stage, done) == ("predict", kill_after):
                raise Killed

        self.told: list[tuple[int, int]] = []
        self.session.calls = 0
        asked = PARAMS | params
        return machine.predict(self.session, str(self.chips), asked, source="toy", tell=tell, ledger=self.ledger())


@pytest.fixture
def place(session, paint: Callable[..., Path], tmp_path: Path, monkeypatch) -> Place:
    """Nine blocks, two to a portion."""
    monkeypatch.setattr(machine, "BLOCK", 256)
    monkeypatch.setattr(machine, "TOGETHER", 2)
    model = tmp_path / "model.onnx"
    model.write_bytes(b"weights")
    return Place(paint(BUILDINGS, 3, 3), tmp_path / "parts", model, Counting(session))


@pytest.fixture
def whole(place: Place) -> dict:
    """What a run without a ledger finds."""
    return machine.predict(place.session, str(place.chips), PARAMS, source="toy", tell=lambda *_: None)


def test_next_attempt_does_the_rest_only_and_finds_the_same(place: Place, whole):
    with pytest.raises(Killed):
        place.predict(kill_after=5)
    assert place.predict() == whole
    assert (place.session.calls, place.told[0]) == (5, (4, 9))
    assert place.told[1:] == [(n, 9) for n in range(5, 10)]


def test_what_is_finished_is_not_looked_at_again(place: Place, whole):
    assert place.predict() == whole
    assert place.predict() == whole
    assert (place.session.calls, place.told) == (0, [(9, 9)])


def test_another_machine_finds_the_same_portions(place: Place, whole, tmp_path):
    place.predict()
    place.chips = copytree(place.chips, tmp_path / "elsewhere")
    assert place.predict() == whole
    assert place.session.calls == 0


def test_other_parameters_begin_anew(place: Place):
    place.predict()
    place.predict(min_area=1.0)
    assert place.session.calls == 9


def test_another_model_begins_anew(place: Place):
    place.predict()
    place.model.write_bytes(b"other weights")
    place.predict()
    assert place.session.calls == 9


def test_another_release_begins_anew(place: Place, monkeypatch):
    place.predict()
    monkeypatch.setattr(ledgers, "_code", lambda: "changed")
    place.predict()
    assert place.session.calls == 9


def test_a_changed_image_is_looked_at_again_with_its_neighbours_only(place: Place):
    place.predict()
    corner = min(place.chips.iterdir())
    Image.new("RGB", (256, 256), (0, 0, 90)).save(corner)
    place.predict()
    assert 0 < place.session.calls < 9


@pytest.mark.parametrize("harm", [lambda b: b[: len(b) // 2], lambda b: b[:-60] + b"x" * 60, lambda b: b""])
def test_torn_portion_is_made_again(place: Place, whole, harm):
    place.predict()
    torn = next(place.parts.iterdir())
    sound = torn.read_bytes()
    torn.write_bytes(harm(sound))
    assert place.predict() == whole
    assert place.session.calls in (1, 2)
    assert unpack(torn.read_bytes()) == unpack(sound)


def test_storage_that_fails_does_not_stop_the_work(place: Place, whole, caplog, monkeypatch):
    def broken(*_):
        raise OSError("no space left")

    monkeypatch.setattr(ledgers, "pack", broken)
    assert place.predict() == whole
    assert caplog.messages == ["Finished portions can not be kept: another attempt would begin from the start"]


def test_portion_that_vanishes_is_made_again(place: Place, whole):
    """It was tidied away between the look at the folder and the look at the file."""
    place.predict()
    ledger = place.ledger()
    assert ledger._there
    for part in place.parts.iterdir():
        part.unlink()
    found = machine.predict(place.session, str(place.chips), PARAMS, source="toy", tell=lambda *_: None, ledger=ledger)
    assert found == whole


def test_every_bit_is_kept():
    outline, view = affinity.rotate(box(1 / 3, 1 / 7, 20, 30), 33), box(-64, -64, 832, 832)
    ready = [Building(outline, 2 / 3), Building(outline.buffer(1), 0.1)]
    cut = [Finding(outline, outline.intersection(view), view, 17, 100 / 7)]
    for portion in (Portion(), Portion(ready, []), Portion([], cut), Portion(ready, cut)):
        assert unpack(pack(portion)) == portion


def test_what_is_no_portion_is_torn():
    with pytest.raises(Torn):
        unpack(b"PK\x03\x04")


@pytest.mark.parametrize(
    ("images", "parts"),
    [
        ("s3://bucket/dev/predict/7/input", "s3://bucket/dev/predict/7/parts"),
        ("s3://bucket/dev/predict/7/input/", "s3://bucket/dev/predict/7/parts"),
        ("s3://bucket/chips", None),
        ("/data/input", None),
    ],
)
def test_place_of_the_portions(images, parts, tmp_path):
    model = tmp_path / "model"
    model.write_bytes(b"")
    found = beside(images, model)
    assert (found and found._folder) == parts
