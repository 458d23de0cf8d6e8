"""Plug-ins behind HTTP: an option of prediction."""

from collections.abc import Callable
from pathlib import Path

import kubernetes_validate
import pytest
from helm_python import Chart, HelmError

from prediction.inference.process_pool import CALL_TIMEOUT
from prediction.serving import GRACE, Settings
from tests.chart.rendering import KUBERNETES, ROOMS, Release, Values, complete, container, environment, over, values_of
from tests.chart.test_pods import sources

NAME = "fairway-prediction-serving-rooftop-light"
ON: Values = {
    "prediction": {
        "serving": {
            "models": {"rooftop-light": "models.rooftop_light.pipeline", "unet": "models.unet.pipeline"},
            "autoscaling": {"enabled": True, "max": 3},
            "nodeSelector": {"fair.dev/inference": "true"},
        }
    }
}


@pytest.fixture(scope="module")
def serving(platform: Callable[..., Release], production: Values) -> Release:
    return platform(production, ON)


def test_nothing_is_served_unless_it_is_asked_for(release: Release) -> None:
    assert not [name for name in release.all("Deployment") if "serving" in name]


def test_it_is_valid(serving: Release) -> None:
    for manifest in serving.manifests:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    served = {name for name in serving.all("Deployment") if "serving" in name}
    assert served == {NAME, "fairway-prediction-serving-unet"}


def test_each_plugin_has_its_own_pods(serving: Release) -> None:
    pod = serving.pods[NAME]
    selector = serving.one("Service", NAME)["spec"]["selector"]
    matching = [name for name, one in serving.pods.items() if selector.items() <= one["metadata"]["labels"].items()]
    assert matching == [NAME]
    assert serving.one("Deployment", NAME)["spec"]["selector"]["matchLabels"] == selector
    assert serving.one("PodDisruptionBudget", NAME)["spec"]["selector"]["matchLabels"] == selector
    assert pod["spec"]["nodeSelector"] == {"fair.dev/inference": "true"}
    assert container(pod)["image"] == "fairway/prediction-worker:0.1.0"


def test_the_process_reads_what_it_is_given(serving: Release) -> None:
    given = environment(serving.pods[NAME])
    read = {str(n) for f in Settings.model_fields.values() for n in getattr(f.validation_alias, "choices", ())}
    store = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert set(given) - store <= read
    assert store < set(given)
    assert given["MODEL_MODULE"] == "models.rooftop_light.pipeline"
    assert container(serving.pods[NAME])["command"] == ["python", "-m", "prediction.serving"]
    assert sources(serving.pods[NAME]) == ["fairway-shared", "fairway-prediction"], "addresses of store and proxy"


def test_it_knows_no_secret_but_the_store_s(serving: Release) -> None:
    secrets = {name for name, value in environment(serving.pods[NAME]).items() if isinstance(value, dict)}
    assert secrets == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def test_it_is_watched_where_it_listens(serving: Release) -> None:
    only = container(serving.pods[NAME])
    assert only["ports"] == [{"name": "serving", "containerPort": 8080}]
    assert environment(serving.pods[NAME])["HTTP__PORT"] == "8080"
    probes = [only[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert probes == [{"path": path, "port": "serving"} for path in ("/health", "/health", "/readyz")]
    (port,) = serving.one("Service", NAME)["spec"]["ports"]
    assert port["targetPort"] == "serving"


def test_it_is_scaled_by_its_own_load(serving: Release) -> None:
    scaler = serving.one("HorizontalPodAutoscaler", NAME)["spec"]
    assert (scaler["scaleTargetRef"]["name"], scaler["minReplicas"], scaler["maxReplicas"]) == (NAME, 1, 3)
    assert scaler["metrics"][0]["resource"]["target"]["averageUtilization"] == 70
    assert "replicas" not in serving.one("Deployment", NAME)["spec"]
    assert "fairway-prediction" not in serving.all("HorizontalPodAutoscaler")


def test_only_peers_may_ask(platform: Callable[..., Release], production: Values, serving: Release) -> None:
    def allowed(release: Release) -> list[Values]:
        policy = release.one("NetworkPolicy", NAME)["spec"]
        assert policy["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "serving-rooftop-light"
        (rule,) = policy["ingress"]
        assert rule["ports"] == [{"port": "serving"}]
        return rule["from"]

    assert allowed(serving) == [{"podSelector": {}}]
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}
    assert allowed(platform(production, ON, {"prediction": {"serving": {"from": [peer]}}})) == [peer]


def test_a_prediction_in_work_is_answered_before_the_end(serving: Release) -> None:
    pod = serving.pods[NAME]["spec"]
    drain = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert CALL_TIMEOUT < GRACE < pod["terminationGracePeriodSeconds"] - drain


def test_a_long_release_name_is_cut(helm: Path) -> None:
    values = over(values_of("prediction"), ON["prediction"], complete())
    release = Release(Chart.load(helm / "service"), values, "a-name-of-fifty-three-characters-the-most-helm-takes")
    names = {manifest["metadata"]["name"] for manifest in release.manifests}
    assert max(map(len, names)) <= 63
    assert len([name for name in names if name.endswith("-serving-rooftop-light")]) == 1


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "prediction"])
def test_no_other_service_serves(alone: Callable[..., Release], room: str) -> None:
    with pytest.raises(HelmError, match="schema"):
        alone(values_of(room), complete(), {"serving": {"models": {"unet": "models.unet.pipeline"}}})


WRONG: dict[str, tuple[Values, str]] = {
    "a path for a module": ({"models": {"unet": "models/unet"}}, "schema"),
    "a name that no address can have": ({"models": {"U_Net": "models.unet.pipeline"}}, "schema"),
    "misspelt": ({"model": {}}, "schema"),
    "short grace": ({"graceSeconds": 60}, "serving.graceSeconds must be above 60"),
    "min above max": ({"autoscaling": {"min": 5}}, "serving.autoscaling.min is above"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_mix_is_refused(alone: Callable[..., Release], case: str) -> None:
    layer, sentence = WRONG[case]
    with pytest.raises(HelmError, match=sentence):
        alone(over(values_of("prediction"), ON["prediction"]), complete(), {"serving": layer})
