"""A wrong mix stops the rendering with a sentence."""

from collections.abc import Callable

import pytest
from helm_python import HelmError

from tests.chart.rendering import ROOMS, WORKERS, Release, Values, complete, values_of

ALL_OFF: Values = {room: {"enabled": False} for room in ROOMS}


def url(address: str) -> Values:
    return {"global": {"config": {"API_BASE_URL": address}}}


WRONG: dict[str, tuple[Values, str]] = {
    "nothing enabled": ({**ALL_OFF, "ingress": {"enabled": False}}, "nothing to install"),
    "ingress without gateway": ({"gateway": {"enabled": False}}, "the gateway is the only public door"),
    "another host": ({"ingress": {"host": "other.example"}}, "both are the public name"),
    "another path": (url("https://api.example/v1"), "the ingress serves /api"),
    "unknown proxies": ({"gateway": {"config": {"TRUSTED_PROXIES": ""}}}, "TRUSTED_PROXIES"),
    "debug in public": ({"global": {"config": {"DEBUG": "true"}}}, "DEBUG=true must not face the public"),
    "tls over http": (url("http://api.example/api/v1"), "must begin with https"),
    "redirect for ever": ({**url("http://api.example/api/v1"), "ingress": {"tlsSecret": ""}}, "redirected for ever"),
    "another room": ({"training": {"room": "catalog"}}, "the alias training holds the room catalog"),
    "min above max": ({"gateway": {"autoscaling": {"min": 9}}}, "autoscaling.min 9 is above autoscaling.max 8"),
    "metrics in public": ({"gateway": {"internalPort": 8000}}, "/metrics would be public"),
    "short grace": ({"gateway": {"graceSeconds": 35}}, "graceSeconds must be above 35"),
    "short grace of a worker": ({"catalog": {"worker": {"graceSeconds": 30}}}, "worker.graceSeconds must be above 30"),
    "no front end": ({"global": {"config": {"FRONTEND_URL": ""}}}, "set FRONTEND_URL"),
    "no login": ({"gateway": {"config": {"HANKO_API_URL": ""}}}, "needs HANKO_API_URL"),
    "no cookie secret": ({"gateway": {"secrets": {"keys": ["DATABASE_URL", "NATS_URL"]}}}, "needs COOKIE_SECRET"),
    "no dev token": ({"gateway": {"config": {"AUTH_PROVIDER": "dev"}}}, "needs FAIR_DEV_TOKEN"),
    "one token for all in public": (
        {
            "gateway": {
                "config": {"AUTH_PROVIDER": "dev"},
                "secrets": {"keys": ["DATABASE_URL", "NATS_URL", "FAIR_DEV_TOKEN"]},
            }
        },
        "AUTH_PROVIDER=dev is one token for all",
    ),
    "streams too small": ({"global": {"config": {"NATS_STREAM_BYTES": "1000000"}}}, "NATS_STREAM_BYTES is 1000000"),
    "memory above its limit": ({"notify": {"resources": {"requests": {"memory": "1Gi"}}}}, "notify: resources ask for"),
    "memory of a worker above its limit": (
        {"training": {"worker": {"resources": {"requests": {"memory": "3Gi"}}}}},
        "training: worker.resources ask for more memory",
    ),
    "scaled by a CPU that nobody asks for": (
        {"gateway": {"resources": {"requests": {"cpu": None}}}},
        "autoscaling by CPU needs resources.requests.cpu",
    ),
    "secret and setting": (
        {"notify": {"config": {"EMAIL_HOST_USER": "fair"}}},
        "EMAIL_HOST_USER is a secret and a setting",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_mix_is_refused(platform: Callable[..., Release], production: Values, case: str) -> None:
    layer, sentence = WRONG[case]
    with pytest.raises(HelmError, match=sentence):
        platform(production, layer)


def test_redirects_may_be_switched_off(platform: Callable[..., Release], production: Values) -> None:
    layer = {**url("http://api.example/api/v1"), "ingress": {"tlsSecret": ""}}
    assert platform(production, layer, {"gateway": {"config": {"SECURE_SSL_REDIRECT": "false"}}}).all("Ingress")


MISFITS: dict[str, tuple[str, Values]] = {
    "gateway with workers": ("gateway", {"worker": {"replicas": 1}}),
    "gateway without a public port": ("gateway", {"public": {"port": 0}}),
    "gateway without processes": ("gateway", {"public": {"workers": 0}}),
    "public port elsewhere": ("notify", {"public": {"port": 8000}}),
    "unknown room": ("notify", {"room": "billing"}),
    "misspelt value": ("notify", {"replica": 2}),
    "misspelt worker value": ("notify", {"worker": {"replica": 2}}),
    "misspelt shared value": ("notify", {"global": {"confg": {}}}),
    "a number as setting": ("gateway", {"config": {"MAX_BODY_BYTES": 1048576}}),
    "a listener of the chart": ("catalog", {"config": {"HTTP__PORT": "9100"}}),
    "processes by setting": ("gateway", {"config": {"GATEWAY_WORKERS": "4"}}),
    "password in an address": ("catalog", {"config": {"AWS_ENDPOINT_URL": "https://me:secret@s3.example"}}),
    "token in an address": ("catalog", {"global": {"config": {"FRONTEND_URL": "https://token@map.example"}}}),
    "bus in the open": ("catalog", {"global": {"config": {"NATS_URL": "nats://nats:4222"}}}),
    "no database": ("training", {"secrets": {"keys": ["NATS_URL"]}}),
    "no bus": ("training", {"secrets": {"keys": ["DATABASE_URL"]}}),
    "no resources": ("training", {"resources": None}),
    "no limits": ("training", {"worker": {"resources": {"limits": None}}}),
    "no unit": ("training", {"scratch": "100"}),
    "an address without scheme": ("catalog", {"config": {"FAIR_STAC_API_URL": "stac:8080"}}),
    "a store without scheme": ("catalog", {"global": {"config": {"AWS_ENDPOINT_URL": "s3.example"}}}),
    "debug in another word": ("gateway", {"global": {"config": {"DEBUG": "yes"}}}),
    "redirect in another word": ("gateway", {"config": {"SECURE_SSL_REDIRECT": "0"}}),
    "more copies than NATS makes": ("notify", {"global": {"config": {"NATS_STREAM_REPLICAS": "7"}}}),
    "bytes with a unit": ("notify", {"global": {"config": {"NATS_STREAM_BYTES": "4GiB"}}}),
    "a private server without port": ("catalog", {"config": {"OUTBOUND_ALLOW_MODELS": "s3"}}),
    "a private server with scheme": ("catalog", {"config": {"OUTBOUND_ALLOW_IMAGERY": "http://tiles:80"}}),
    "a rate without period": ("gateway", {"config": {"USER_RATE_LIMIT": "1000"}}),
    "a rate of none": ("gateway", {"config": {"USER_RATE_LIMIT": "0/h"}}),
    "a tag that no registry takes": ("notify", {"image": {"tag": "1.0+build"}}),
    "sources of packages elsewhere": ("training", {"worker": {"sourcesClaim": "sources"}}),
    "sources in a group elsewhere": ("notify", {"worker": {"groups": {"bulk": {"sourcesClaim": "sources"}}}}),
}


@pytest.mark.parametrize("case", MISFITS)
def test_misfit_is_refused_by_the_schema(alone: Callable[..., Release], case: str) -> None:
    room, layer = MISFITS[case]
    with pytest.raises(HelmError, match="schema"):
        alone(values_of(room), complete(), layer)


@pytest.mark.parametrize("room", WORKERS)
def test_workers_may_be_switched_off(alone: Callable[..., Release], room: str) -> None:
    release = alone(values_of(room), complete(), {"worker": {"replicas": 0}})
    assert set(release.all("Deployment")) == {room}
    assert set(release.all("PodDisruptionBudget")) == {f"{room}-serve"}
