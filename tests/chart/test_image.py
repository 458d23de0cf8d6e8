"""The Dockerfile, read: no container engine is needed. `tests/containers` builds it and runs what comes out."""

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from tests.chart.rendering import REPOSITORY, ROOMS, Release

FOLDER = REPOSITORY / "deploy" / "docker"
LINES = re.sub(r"\\\n\s*", "", (FOLDER / "Dockerfile").read_text()).splitlines()
IMAGES = (*ROOMS, "runner")
"""Those that the argument ROOM names; of rooms with jobs there are two kinds."""
ALLOWED = [line[1:] for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")]
LIBS = {folder.parent.name for folder in (REPOSITORY / "libs").glob("*/pyproject.toml")}


def stages() -> dict[str, tuple[str, list[str]]]:
    """Name → what it is made from, its instructions."""
    found: dict[str, tuple[str, list[str]]] = {}
    for line in LINES:
        if match := re.match(r"FROM (\S+)(?: AS (\S+))?$", line):
            found[match[2] or "last"] = (match[1], instructions := [])
        elif found and line and not line.startswith("#"):
            instructions.append(line)
    return found


def final(room: str) -> list[str]:
    """Everything that runs for the image of a room, from its base on."""
    known, name, run = stages(), f"image-{room}", []
    while name in known:
        name, instructions = known[name]
        run = instructions + run
    assert (name, run[0]) == ("scratch", "COPY --from=base / /")
    assert known["base"][0] == "${PYTHON}"
    return [*known["base"][1], *run]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def members() -> ModuleType:
    return script("members")


def copied(room: str) -> set[str]:
    """Sources from the repository, as patterns of names."""
    lines = [line.split() for _, run in stages().values() for line in run if line.startswith("COPY ")]
    local = [words[1:-1] for words in lines if not words[1].startswith("--from")]
    return {source.replace("${ROOM}", room) for sources in local for source in sources}


@pytest.mark.parametrize("room", IMAGES)
def test_every_source_exists(room: str) -> None:
    for source in copied(room):
        assert list(REPOSITORY.glob(source)), source
        assert any(Path(source).is_relative_to(allowed) for allowed in ALLOWED), f"{source} is ignored"


def test_the_build_argument_takes_every_image_and_no_other() -> None:
    assert stages()["last"][0] == "image-${ROOM}"
    assert {name for name in stages() if name.startswith("image-")} == {f"image-{room}" for room in IMAGES}


@pytest.mark.parametrize("room", ROOMS)
def test_models_are_where_runs_are_driven_and_registered(room: str) -> None:
    carries = {"COPY --from=own /app/models models", "ENV FAIRWAY_MODELS_PATH=/app"} <= set(final(room))
    assert carries == (room in ("catalog", "training", "prediction"))


@pytest.mark.parametrize("room", ROOMS)
def test_processors_are_where_packages_are_made(room: str) -> None:
    wanted = {"COPY --from=described /app/processors processors", "ENV FAIRWAY_PROCESSORS_PATH=/app"}
    assert (wanted <= set(final(room))) == (room == "catalog")


@pytest.mark.parametrize("room", IMAGES)
def test_the_console_is_where_the_gateway_serves_it(room: str) -> None:
    wanted = {"COPY --from=console /source/console/dist console", "ENV CONSOLE_DIST_DIR=/app/console"}
    assert len(wanted & set(final(room))) == (2 if room == "gateway" else 0)


@pytest.mark.parametrize("room", IMAGES)
def test_the_image_runs_as_nobody_special_and_installs_no_more_than_a_library(room: str) -> None:
    run = final(room)
    assert "USER 10001:10001" in run
    assert not [line for line in run[run.index("USER 10001:10001") + 1 :] if line.startswith(("RUN", "USER"))]
    installed = [line for line in run if line.startswith("RUN ")]
    assert [re.findall(r"install --yes --no-install-recommends (\S+);", line) for line in installed] == [["libexpat1"]]


def test_the_chart_runs_it_as_the_same_user(release: Release) -> None:
    users = {pod["spec"]["securityContext"]["runAsUser"] for pod in release.pods.values()}
    assert users == {10001}


def test_all_that_is_downloaded_is_hashed() -> None:
    runs = [line for name in ("tools", "own", "console-built") for line in stages()[name][1]]
    lines = [*runs, *(FOLDER / "packages.sh").read_text().splitlines()]
    installs = [step for line in lines for step in re.split(r"&&|;", line) if "pip install" in step]
    optional = [step for step in installs if "models/$model" in step]
    assert (len(installs), len(optional)) == (5, 1)
    assert all("--require-hashes" in step or "--no-index" in step for step in installs if step not in optional)
    assert 'ARG MODELS=""' in stages()["packages-of-worker"][1]


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "gateway"])
def test_the_service_has_fewer_packages_than_its_workers(room: str) -> None:
    def pinned(name: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", (REPOSITORY / "requirements" / f"{name}.txt").read_text(), re.MULTILINE))

    assert pinned(room) < pinned(f"{room}-worker")


def test_workers_share_the_layer_of_their_packages() -> None:
    """A stage that knows the room would be another one for each."""
    for name in ("packages-of-worker", "packages", "needs-of-models"):
        assert not [line for line in stages()[name][1] if "ROOM" in line]


@pytest.mark.parametrize("room", ROOMS)
def test_members_are_all_the_workspace_it_needs(members: ModuleType, room: str) -> None:
    found = members.members(room)
    assert found[-1] == REPOSITORY / "services" / room
    names = {folder.name for folder in found}
    for folder in found:
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        assert {name for name in LIBS if name in project["dependencies"]} <= names


@pytest.mark.parametrize("room", ["training", "prediction"])
def test_what_models_import_is_in_the_image(members: ModuleType, room: str) -> None:
    sources = "\n".join(path.read_text() for path in (REPOSITORY / "models").glob("*/*.py"))
    imported = LIBS & set(re.findall(r"^\s*(?:from|import) (\w+)", sources, re.MULTILINE))
    assert imported
    assert imported <= {folder.name for folder in members.members(room)}


def test_a_module_of_several_images_is_compiled_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, kept = tmp_path / "packages", tmp_path / "kept"
    folder.mkdir()
    good, bad = folder / "good.py", folder / "bad.py"
    good.write_text("answer = 42")
    bad.write_text("print 42")
    compiled, target = script("compiled"), Path(importlib.util.cache_from_source(str(good)))
    compiled.main(folder, kept)
    [held] = kept.iterdir()
    assert target.read_bytes() == held.read_bytes()
    assert f"{bad} is not compiled" in capsys.readouterr().err
    held.write_bytes(b"from the first image")
    compiled.main(folder, kept)
    assert target.read_bytes() == b"from the first image"
    good.write_text("answer = 43")
    compiled.main(folder, kept)
    assert len(list(kept.iterdir())) == 2
