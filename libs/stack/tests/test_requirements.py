"""The two server environments: pinned with hashes, and free of addresses."""

import re

import pytest

from stack.home import REPOSITORY

NAMES = ("zenml-server", "stac-server")
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==([^\s;\\]+)", re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_every_package_is_pinned_with_a_hash(name):
    text = (REPOSITORY / "requirements" / f"{name}.txt").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 30
    assert all(PIN.match(entry) and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert not re.search(r"^--", text, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_list_pins_is_what_is_installed(name):
    pinned = dict(PIN.findall((REPOSITORY / "requirements" / f"{name}.txt").read_text()))
    asked = dict(PIN.findall((REPOSITORY / "libs/stack/envs" / f"{name}.in").read_text()))
    assert asked
    assert asked.items() <= pinned.items()
