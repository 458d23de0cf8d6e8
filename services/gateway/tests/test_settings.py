"""What stops the process at boot, each with one sentence."""

import pytest

from gateway.apis.fair_v1.settings import v1_settings
from gateway.http.limits.rates import Rate
from gateway.main import build
from gateway.settings import Settings
from kit.settings import load

GOOD = {
    "SECRET_KEY": "k" * 40, "DATABASE_URL": "postgis://u:p@db/gateway", "FRONTEND_URL": "https://map.example/",
    "API_BASE_URL": "https://fair.example/api/v1/", "AUTH_PROVIDER": "dev", "FAIR_DEV_TOKEN": "token",
}  # fmt: skip


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Nothing but what the test sets."""
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields.values():
        for name in getattr(field.validation_alias, "choices", ()):
            monkeypatch.delenv(str(name), raising=False)

    def use(**changes: str | None) -> None:
        for name, value in {**GOOD, **changes}.items():
            if value is not None:
                monkeypatch.setenv(name, value)

    return use


@pytest.mark.spec(
    "20.2", "empty is unset, secrets are masked, trailing slashes are stripped, lists are comma-separated"
)
@pytest.mark.spec("1.6", "default rates")
def test_addresses_lists_and_rates(environment):
    environment(CORS_ALLOWED_ORIGINS="https://a.example, https://b.example", USER_RATE_LIMIT="5/m", JWT_AUDIENCE="")
    settings = load(Settings)
    assert (settings.frontend_url, settings.api_base_url) == ("https://map.example", "https://fair.example/api/v1")
    assert settings.cors_origins == ["https://a.example", "https://b.example"]
    assert settings.origins[-1] == "https://map.example"
    assert (settings.user_rate, settings.anon_rate) == (Rate(5, 60), Rate(100, 3600))
    assert (settings.training_rate, settings.prediction_rate) == (Rate(10, 3600), Rate(50, 3600))
    assert Settings.model_fields["user_rate"].default == Rate(1000, 3600)
    assert settings.jwt_audience is None, "an empty value means unset"
    assert "k" * 40 not in repr(settings)


BAD = {
    "no secret": ({"SECRET_KEY": None}, "SECRET_KEY is required"),
    "no frontend": ({"FRONTEND_URL": None}, "FRONTEND_URL is required"),
    "no address": ({"API_BASE_URL": None}, "API_BASE_URL is required"),
    "no database": ({"DATABASE_URL": None}, "DATABASE_URL is required"),
    "another database": ({"DATABASE_URL": "mysql://db/x"}, "must start with one of"),
    "short secret": ({"SECRET_KEY": "short"}, "SECRET_KEY needs 32 characters"),
    "dev secret": ({"SECRET_KEY": "dev" * 20}, "SECRET_KEY needs 32 characters"),
    "unsafe secret": ({"SECRET_KEY": "unsafe" * 10}, "SECRET_KEY needs 32 characters"),
    "dev without token": ({"FAIR_DEV_TOKEN": None}, "FAIR_DEV_TOKEN is required"),
    "hanko alone": ({"AUTH_PROVIDER": "hanko"}, "HANKO_API_URL and COOKIE_SECRET are required"),
    "hanko without cookie": (
        {"AUTH_PROVIDER": "hanko", "HANKO_API_URL": "https://h.example"}, "HANKO_API_URL and COOKIE_SECRET",
    ),
    "short cookie": (
        {"AUTH_PROVIDER": "hanko", "HANKO_API_URL": "https://h.example", "COOKIE_SECRET": "c" * 31},
        "COOKIE_SECRET needs 32 characters",
    ),
    "half an OSM login": (
        {"OSM_CLIENT_ID": "us", "OSM_CLIENT_SECRET": "s", "OSM_SECRET_KEY": "k" * 40},
        "OSM_LOGIN_REDIRECT_URI and OSM_SECRET_KEY are required with OSM_CLIENT_ID",
    ),
    "weak OSM key": ({"OSM_SECRET_KEY": "short"}, "OSM_SECRET_KEY needs 32 characters"),
    "Sentry without address": ({"ENABLE_SENTRY": "true"}, "SENTRY_DSN is required with ENABLE_SENTRY=true"),
    "unknown SSL mode": ({"DATABASE_SSL_MODE": "maybe"}, "DATABASE_SSL_MODE"),
    "another provider": ({"AUTH_PROVIDER": "ldap"}, "AUTH_PROVIDER"),
    "no number": ({"DEFAULT_PAGINATION_SIZE": "many"}, "DEFAULT_PAGINATION_SIZE"),
    "no rate": ({"USER_RATE_LIMIT": "often"}, "USER_RATE_LIMIT"),
}  # fmt: skip


@pytest.mark.spec("20.1", "missing setting, database scheme, weak SECRET_KEY, hanko without its settings")
@pytest.mark.spec("20.1", "dev without a token, sentry without a DSN, wrong type")
@pytest.mark.spec("20.1", "another provider, short COOKIE_SECRET")
@pytest.mark.parametrize(("changes", "words"), BAD.values(), ids=BAD.keys())
def test_bad_setting_stops_the_process(environment, changes, words):
    environment(**changes)
    with pytest.raises(SystemExit) as end:
        load(Settings)
    assert words in str(end.value)
    assert "\n" not in str(end.value)


def test_weak_secret_is_enough_for_debugging(environment):
    environment(SECRET_KEY="dev", DEBUG="true")
    assert load(Settings).any_origin


@pytest.mark.spec("20.2", "DATABASE_SSL_MODE")
@pytest.mark.parametrize(
    ("url", "mode", "address"),
    [
        ("postgresql://u:p@db/x", None, "postgresql://u:p@db/x"),
        ("postgresql://u:p@db/x", "require", "postgresql://u:p@db/x?sslmode=require"),
        ("postgresql://u:p@db/x?a=1", "disable", "postgresql://u:p@db/x?a=1&sslmode=disable"),
        ("postgresql://u:p@db/x?sslmode=verify-full", "require", "postgresql://u:p@db/x?sslmode=verify-full"),
    ],
)
def test_ssl_mode_is_part_of_the_address(environment, url, mode, address):
    environment(DATABASE_URL=url, DATABASE_SSL_MODE=mode)
    assert load(Settings).database_url.get_secret_value() == address


@pytest.mark.spec("20.1", "wrong type")
def test_settings_of_v1_are_read_at_boot_too(environment, monkeypatch):
    environment()
    monkeypatch.setenv("RAMP_EPOCHS_LIMIT", "many")
    v1_settings.cache_clear()
    with pytest.raises(SystemExit, match="RAMP_EPOCHS_LIMIT"):
        build(load(Settings))
    monkeypatch.undo()
    v1_settings.cache_clear()
