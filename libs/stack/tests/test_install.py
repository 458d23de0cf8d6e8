"""What is installed for servers, when two want it at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest

from stack import install
from stack.home import Home


def test_two_at_once_make_an_environment_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    second, made = Barrier(2), list[str]()

    def run(argv: list[str | Path]) -> None:
        made.append(str(argv[1]))
        with pytest.raises(BrokenBarrierError):  # nobody else comes here
            second.wait(0.5)

    monkeypatch.setattr(install, "_run", run)
    (tmp_path / "envs/stac").mkdir(parents=True)
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(lambda _: install.environment(Home(tmp_path), "stac"), range(2)))
    assert folders == [tmp_path / "envs/stac"] * 2
    assert made == ["venv", "pip"]
