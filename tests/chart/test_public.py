"""The world reaches the gateway's public port and nothing else."""

from collections.abc import Callable
from ipaddress import ip_address, ip_network

import httpx
import pytest

from gateway.settings import HttpSettings
from tests.chart.rendering import ROOMS, Release, Values, container, environment, over, profile
from tests.contracts.rooms import services


def test_the_ingress_ends_at_the_public_port(release: Release) -> None:
    (ingress,) = release.all("Ingress").values()
    (rule,) = ingress["spec"]["rules"]
    paths = rule["http"]["paths"]
    assert [path["path"] for path in paths] == ["/api", "/packages", "/console"]
    backend = paths[0]["backend"]["service"]
    assert all(path["backend"]["service"] == backend for path in paths)
    (port,) = release.one("Service", backend["name"])["spec"]["ports"]
    assert (port["name"], port["targetPort"]) == (backend["port"]["name"], "public")
    pod = release.pods["fairway-gateway"]
    ports = {one["name"]: one["containerPort"] for one in container(pod)["ports"]}
    assert str(ports["public"]) == environment(pod)["PUBLIC__PORT"] != environment(pod)["HTTP__PORT"]
    assert environment(pod)["GATEWAY_WORKERS"] == "2"


def test_the_ingress_lets_files_of_labels_through(release: Release) -> None:
    (ingress,) = release.all("Ingress").values()
    size = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
    assert int(size.removesuffix("m")) << 20 > HttpSettings.model_fields["max_label_upload"].default


def test_only_the_gateway_has_a_public_port(release: Release) -> None:
    with_public = {
        name
        for name, pod in release.pods.items()
        if any(p["name"] == "public" for p in container(pod).get("ports", []))
    }
    assert with_public == {"fairway-gateway"}
    assert all(one["spec"].get("type", "ClusterIP") == "ClusterIP" for one in release.all("Service").values())


@pytest.mark.parametrize("path", ["/metrics", "/api/metrics", "/api/v1/metrics", "/readyz", "/livez"])
async def test_the_public_listener_has_no_inner_routes(path: str) -> None:
    transport = httpx.ASGITransport(services()["gateway"].app)
    async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    assert "fairway_" not in answer.text


@pytest.mark.parametrize("room", ROOMS)
def test_the_network_policy_opens_no_more(release: Release, room: str) -> None:
    policy = release.one("NetworkPolicy", f"fairway-{room}")["spec"]
    opened = {rule["ports"][0]["port"]: rule["from"][0] for rule in policy["ingress"]}
    monitoring = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    ingress = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}
    assert opened == {"internal": monitoring} | ({"public": ingress} if room == "gateway" else {})
    assert policy["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == room
    (_, backing, web) = policy["egress"]
    assert _blocked(backing) == ["169.254.0.0/16"]
    assert {"port": 443} in web["ports"]
    assert {"port": 443} not in backing["ports"]
    for private in ("10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.20.0.1", "192.168.1.1"):
        assert any(ip_address(private) in ip_network(network) for network in _blocked(web)), private
    assert not any(ip_address("93.184.215.14") in ip_network(network) for network in _blocked(web))


def _blocked(rule: Values) -> list[str]:
    blocks = {one["ipBlock"]["cidr"]: one["ipBlock"].get("except") for one in rule["to"] if "ipBlock" in one}
    return blocks["0.0.0.0/0"]


def test_private_networks_of_the_web_are_opened_by_name(platform: Callable[..., Release], production: Values) -> None:
    named = {"catalog": {"networkPolicy": {"privateWeb": ["10.20.0.0/16"]}}}
    (*_, web) = platform(production, named).one("NetworkPolicy", "fairway-catalog")["spec"]["egress"]
    assert {"ipBlock": {"cidr": "10.20.0.0/16"}} in web["to"]


def test_tls_and_class_come_from_the_values(platform: Callable[..., Release], production: Values) -> None:
    (secure,) = platform(production).all("Ingress").values()
    assert secure["spec"]["tls"] == [{"hosts": ["api.example"], "secretName": "api-tls"}]
    assert secure["spec"]["ingressClassName"] == "nginx"
    (plain,) = platform(over(profile("dev"), {})).all("Ingress").values()
    assert "tls" not in plain["spec"]
