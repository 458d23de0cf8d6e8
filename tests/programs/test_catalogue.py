"""The STAC catalogue as pystac and pystac-client see it."""

from urllib.parse import unquote, urlsplit

import httpx
import pytest

from catalog.stac.schemas import registry
from tests.programs.conftest import Facts, Programs, Village

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
OFFICIAL = "stac-extensions.github.io"
NAMES = ("base-models", "datasets", "local-models")
WORLD = [-180, -90, 180, 90]


@pytest.fixture(scope="module")
def validity(village: Village, programs: Programs) -> Facts:
    items = [next(link["href"] for link in one["links"] if link["rel"] == "self") for one in village.items()]
    collections = [f"{village.stac}/collections/{name}" for name in NAMES]
    held = registry()
    copies = {uri: held.contents(uri) for uri in held if urlsplit(uri).netloc == OFFICIAL}
    return programs.run("validity", copies=copies, addresses=[*items, *collections])


@pytest.fixture(scope="module")
def search(village: Village, programs: Programs) -> Facts:
    west, south, east, north = village.dataset_box()
    return programs.run("search", url=f"{village.stac}/", box=[west, south, east, north])


@pytest.mark.parametrize("name", NAMES)
def test_items_are_valid_by_the_schemas_they_declare(validity: Facts, name: str):
    [found] = [words for address, words in validity["problems"].items() if f"/{name}/items/" in address]
    assert found == []


@pytest.mark.parametrize("name", NAMES)
def test_collections_are_valid_by_the_schemas_they_declare(validity: Facts, name: str):
    [found] = [words for address, words in validity["problems"].items() if address.endswith(f"/{name}")]
    assert found == []


def test_our_own_schemas_are_served_where_they_say(validity: Facts, village: Village):
    declared = {uri for item in village.items() for uri in item["stac_extensions"]}
    ours = {uri for uri in declared if urlsplit(uri).netloc != OFFICIAL}
    assert len(ours) == len(NAMES)
    assert set(validity["fetched"]) == ours


def test_no_schema_is_missing_but_those_that_only_describe_links_and_alternates(validity: Facts):
    """Of these two no copy is held."""
    assert all("/alternate-assets/" in uri or "/web-map-links/" in uri for uri in validity["not held"])


def test_every_search_counts(search: Facts):
    assert all(search["counts"].values()), search["counts"]
    assert {name: len(ids) for name, ids in search["found"].items()} == search["counts"]
    assert [words for words in search["said"] if "deprecated" not in words] == []


def test_search_by_box_finds_the_dataset(search: Facts, village: Village):
    assert {village.dataset.stac_id, village.model} <= set(search["there"])


def test_walk_finds_every_collection_and_item(search: Facts, village: Village):
    assert set(search["walked"]["children"]) >= set(NAMES)
    assert set(search["walked"]["items"]) >= {village.base.stac_item_id, village.dataset.stac_id, village.model}


@pytest.mark.parametrize("name", NAMES)
def test_extents_are_those_of_the_items(search: Facts, name: str):
    whole, *_ = search["extents"][name]["spatial"]["bbox"]
    west, south, east, north = zip(*search["boxes"][name], strict=True)
    assert whole == pytest.approx([min(west), min(south), max(east), max(north)])
    assert (whole == WORLD) == (WORLD in search["boxes"][name])


def addresses(item: Facts) -> dict[str, str]:
    """Of files that are ours to serve: not those in a registry of images or a source repository."""
    endpoint = {"mlm:inference-endpoint", "mlm:training", "mlm:inference", "source-code", "readme"}
    return {name: asset["href"] for name, asset in item["assets"].items() if name not in endpoint}


@pytest.mark.parametrize("name", NAMES)
def test_assets_can_be_fetched_by_everybody(village: Village, name: str):
    [item] = [one for one in village.items() if one["collection"] == name]
    for asset, address in addresses(item).items():
        assert address.startswith("http"), (asset, address)
        with httpx.stream("GET", address, timeout=30, follow_redirects=True) as response:
            assert response.status_code == 200, (asset, address)


def test_a_template_is_no_geotiff(village: Village):
    links = village.item("datasets", village.dataset.stac_id)["links"]
    templates = [link for link in links if "{" in unquote(link["href"])]
    assert templates
    assert all("tiff" not in (link.get("type") or "") for link in templates)


def test_producers_have_names(village: Village):
    for item in village.items():
        producers = [one["name"] for one in item["properties"]["providers"] if "producer" in one["roles"]]
        assert producers
        assert not any(name.isdigit() for name in producers), producers


def test_weights_are_named_and_typed_as_what_they_are(village: Village):
    """A NumPy archive is a ZIP; `.pt` is PyTorch's."""
    asset = village.item("local-models", village.model)["assets"]["checkpoint"]
    response = httpx.get(asset["href"], timeout=30, follow_redirects=True)
    assert response.content[:2] == b"PK"
    assert urlsplit(asset["alternate"]["s3"]["href"]).path.endswith(".npz")
    assert urlsplit(str(response.url)).path.endswith(".npz")
    assert not asset["type"].startswith("application/octet-stream")
    assert not response.headers["content-type"].startswith("application/octet-stream")
