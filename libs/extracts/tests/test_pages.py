"""Pages of a package: complete, escaped, with the links that the specification names."""

from html.parser import HTMLParser

import pytest

from extracts import pages
from extracts.package import DatasetVersion, License

LICENSE = License("CC0", "https://creativecommons.org/publicdomain/zero/1.0/", "CC0 <1.0>")
VERSION = DatasetVersion("d", "version_1", "T", "D", "Source & more", "https://data.example.org/?a=1&b=2", "A", LICENSE)


class Read(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str | None] = []
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if tag == "a" and name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


PAGES = {
    "package": (pages.package_index("<b>Mali</b>"), ["./datasets/", "./license.html"], "<b>Mali</b>"),
    "licence": (
        pages.package_license(),
        ["https://opendatacommons.org/licenses/odbl/1-0/"],
        "Open Database License 1.0",
    ),
    "version": (pages.package_version(), [], "Version 1"),
    "dataset": (
        pages.dataset_index(VERSION, "Long <title>", "One.\n\nTwo & three.", "Somebody (2020)"),
        ["./data/", "https://data.example.org/?a=1&b=2", "./license.html"],
        "Two & three.",
    ),
    "dataset licence": (pages.dataset_license(VERSION), [LICENSE.path], "CC0 <1.0>"),
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_complete_and_lead_where_they_should(name: str):
    text, links, words = PAGES[name]
    assert text.startswith("<!doctype html>")
    assert '<meta charset="utf-8">' in text
    assert "<title>" in text
    read = Read(text)
    assert read.links == links
    assert read.tags == {"html", "head", "meta", "title", "body", "h1", "p"} | ({"a"} if links else set())
    assert any(words in one for one in read.words)


def test_only_web_addresses_become_links():
    strange = DatasetVersion("d", "v", "T", "D", "S", "javascript:alert(1)", "A", LICENSE)
    assert "javascript" not in pages.dataset_index(strange, "T", "S", "")
