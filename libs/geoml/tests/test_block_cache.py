"""The cache of finished blocks: what is read again, what is not, and that the result is the same."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest
from PIL import Image
from shapely import affinity, box

from geoml import block_cache
from geoml import predict as machine
from geoml.block_cache import BlockCache, cache_for_input
from geoml.block_result import BlockResult, CorruptResult, deserialize, serialize
from geoml.features import Building
from geoml.stitching import Detection

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
class Setup:
    chips: Path
    parts: Path
    model: Path
    session: Counting

    def cache(self) -> BlockCache:
        return BlockCache(f"file://{self.parts}", self.model)

    def predict(self, kill_after: int = 1000, **params) -> dict:
        def on_progress(stage: str, done: int, total: int) -> None:
            self.told += [(done, total)] if stage == "predict" else []
            if (stage, done) == ("predict", kill_after):
                raise Killed

        self.told: list[tuple[int, int]] = []
        self.session.calls = 0
        asked = PARAMS | params
        return machine.predict(
            self.session, str(self.chips), asked, source="toy", on_progress=on_progress, cache=self.cache()
        )


@pytest.fixture
def setup(session, paint: Callable[..., Path], tmp_path: Path, monkeypatch) -> Setup:
    """Nine blocks, two to a group."""
    monkeypatch.setattr(machine, "BLOCK_PIXELS", 256)
    monkeypatch.setattr(machine, "BLOCKS_PER_GROUP", 2)
    model = tmp_path / "model.onnx"
    model.write_bytes(b"weights")
    return Setup(paint(BUILDINGS, 3, 3), tmp_path / "parts", model, Counting(session))


@pytest.fixture
def whole(setup: Setup) -> dict:
    """What a run without a cache finds."""
    return machine.predict(setup.session, str(setup.chips), PARAMS, source="toy", on_progress=lambda *_: None)


def test_next_attempt_does_the_rest_only_and_finds_the_same(setup: Setup, whole):
    with pytest.raises(Killed):
        setup.predict(kill_after=5)
    assert setup.predict() == whole
    assert (setup.session.calls, setup.told[0]) == (5, (4, 9))
    assert setup.told[1:] == [(n, 9) for n in range(5, 10)]


def test_what_is_finished_is_not_looked_at_again(setup: Setup, whole):
    assert setup.predict() == whole
    assert setup.predict() == whole
    assert (setup.session.calls, setup.told) == (0, [(9, 9)])


def test_another_machine_reads_the_same_entries(setup: Setup, whole, tmp_path):
    setup.predict()
    setup.chips = copytree(setup.chips, tmp_path / "elsewhere")
    assert setup.predict() == whole
    assert setup.session.calls == 0


def test_other_parameters_begin_anew(setup: Setup):
    setup.predict()
    setup.predict(min_area=1.0)
    assert setup.session.calls == 9


def test_another_model_begins_anew(setup: Setup):
    setup.predict()
    setup.model.write_bytes(b"other weights")
    setup.predict()
    assert setup.session.calls == 9


def test_another_release_begins_anew(setup: Setup, monkeypatch):
    setup.predict()
    monkeypatch.setattr(block_cache, "_code_digest", lambda: "changed")
    setup.predict()
    assert setup.session.calls == 9


def test_a_changed_image_is_looked_at_again_with_its_neighbours_only(setup: Setup):
    setup.predict()
    corner = min(setup.chips.iterdir())
    Image.new("RGB", (256, 256), (0, 0, 90)).save(corner)
    setup.predict()
    assert 0 < setup.session.calls < 9


@pytest.mark.parametrize("harm", [lambda b: b[: len(b) // 2], lambda b: b[:-60] + b"x" * 60, lambda b: b""])
def test_corrupt_entry_is_computed_again(setup: Setup, whole, harm):
    setup.predict()
    entry = next(setup.parts.iterdir())
    sound = entry.read_bytes()
    entry.write_bytes(harm(sound))
    assert setup.predict() == whole
    assert setup.session.calls in (1, 2)
    assert deserialize(entry.read_bytes()) == deserialize(sound)


def test_storage_that_fails_does_not_stop_the_work(setup: Setup, whole, caplog, monkeypatch):
    def broken(*_):
        raise OSError("no space left")

    monkeypatch.setattr(block_cache, "serialize", broken)
    assert setup.predict() == whole
    assert caplog.messages == ["Finished blocks cannot be cached: another attempt would start from the beginning"]


def test_deleted_entry_is_computed_again(setup: Setup, whole):
    """It was tidied away between the look at the folder and the look at the file."""
    setup.predict()
    cache = setup.cache()
    assert cache._entries
    for part in setup.parts.iterdir():
        part.unlink()
    found = machine.predict(
        setup.session, str(setup.chips), PARAMS, source="toy", on_progress=lambda *_: None, cache=cache
    )
    assert found == whole


def test_every_bit_is_kept():
    outline, window = affinity.rotate(box(1 / 3, 1 / 7, 20, 30), 33), box(-64, -64, 832, 832)
    complete = [Building(outline, 2 / 3), Building(outline.buffer(1), 0.1)]
    cut = [Detection(outline, outline.intersection(window), window, 17, 100 / 7)]
    for result in (BlockResult(), BlockResult(complete, []), BlockResult([], cut), BlockResult(complete, cut)):
        assert deserialize(serialize(result)) == result


def test_other_bytes_are_a_corrupt_result():
    with pytest.raises(CorruptResult):
        deserialize(b"PK\x03\x04")


@pytest.mark.parametrize(
    ("images", "parts"),
    [
        ("s3://bucket/dev/predict/7/input", "s3://bucket/dev/predict/7/parts"),
        ("s3://bucket/dev/predict/7/input/", "s3://bucket/dev/predict/7/parts"),
        ("s3://bucket/chips", None),
        ("/data/input", None),
    ],
)
def test_location_of_the_cache(images, parts, tmp_path):
    model = tmp_path / "model"
    model.write_bytes(b"")
    found = cache_for_input(images, model)
    assert (found and found._folder) == parts
