"""The table of settings is complete: what fAIr had is there or has a reason, and everything says what it means."""

import re
from pathlib import Path

import pytest

from kit.settings import load
from notify.settings import Settings as NotifySettings
from tests.contracts.fair_settings import ABSENT, FAIR, OTHER_DEFAULT
from tests.contracts.settings import document, fields, masked, readable, settings

ROOT = Path(__file__).parents[2]


@pytest.mark.spec("20.2", "names and defaults of fAIr")
def test_settings_of_fair_are_read_or_have_a_reason():
    assert sorted(set(FAIR) - set(readable()) - set(ABSENT)) == []


@pytest.mark.spec("20.2", "names and defaults of fAIr")
@pytest.mark.parametrize("name", sorted(set(FAIR) & set(readable())))
def test_default_is_that_of_fair_or_has_a_reason(name: str):
    ours, theirs = readable()[name], FAIR[name]
    same = ours == theirs or _number(ours) == _number(theirs) is not None
    assert same is (name not in OTHER_DEFAULT), (ours, theirs)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


@pytest.mark.spec(
    "20.2",
    "DEBUG, SECRET_KEY, DATABASE_URL, DATABASE_SSL_MODE, ALLOWED_HOSTS, CSRF_TRUSTED_ORIGINS, "
    "CORS_ALLOWED_ORIGINS, CORS_ALLOW_ALL_ORIGINS, SECURE_SSL_REDIRECT, FRONTEND_URL, API_BASE_URL, "
    "HOSTNAME, SERVE_FRONTEND, FRONTEND_DIST_DIR, AUTH_PROVIDER, FAIR_DEV_TOKEN, HANKO_API_URL, "
    "COOKIE_SECRET, COOKIE_DOMAIN, COOKIE_SECURE, JWT_AUDIENCE, JWT_ISSUER, LOGIN_URL, "
    "LOGIN_INTERNAL_API_KEY, LOGIN_BACKEND_URL, OSM_LOGIN_REDIRECT_URI, ADMIN_EMAILS, "
    "FAIR_ZENML_STORE_URL, FAIR_ZENML_STORE_API_KEY, FAIR_STAC_API_URL, FAIR_STAC_API_KEY, FAIR_STAC_DSN, "
    "FAIR_LABEL_DOMAIN, FAIR_KNATIVE_*, BUCKET_NAME, PARENT_BUCKET_FOLDER, AWS_REGION, AWS_ACCESS_KEY_ID, "
    "AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, PRESIGNED_URL_EXPIRY, USER_RATE_LIMIT, ANON_RATE_LIMIT, "
    "TRAINING_RATE_LIMIT, PREDICTION_RATE_LIMIT, DB_POOL_MIN_SIZE, DB_POOL_MAX_SIZE, DB_POOL_TIMEOUT, "
    "RAW_DATA_API_URL, ENABLE_MAPSWIPE, MAPSWIPE_BACKEND_URL, MAPSWIPE_MANAGER_URL, MAPSWIPE_WEB_URL, "
    "MAPSWIPE_CSRFTOKEN_KEY, MAPSWIPE_FB_AUTH_URL, MAPSWIPE_FB_USERNAME, MAPSWIPE_FB_PASSWORD, "
    "MAPSWIPE_TUTORIAL_ID, MAPSWIPE_ORGANIZATION_ID, MAPSWIPE_VERIFICATION_NUMBER, "
    "MAPSWIPE_POLL_INTERVAL, MAPSWIPE_POLL_TIMEOUT, EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS, EMAIL_USE_SSL, "
    "EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, DEFAULT_FROM_EMAIL, LOG_PATH, LOG_LINE_STREAM_TRUNCATE_VALUE, "
    "DEFAULT_PAGINATION_SIZE, SESSION_COOKIE_AGE, CACHE_TIMEOUT_MINUTES, HEALTH_PROBE_TIMEOUT, "
    "PREDICTION_SYNC_INTERVAL, TRAINING_SYNC_INTERVAL, STAC_CACHE_TTL, STAC_BULK_FETCH_WORKERS, "
    "PMTILES_MIN_ZOOM, PMTILES_MAX_ZOOM, ENABLE_SENTRY, SENTRY_DSN, EXPORT_TOOL_API_URL, "
    "ENABLE_PREDICTION_API, RAMP_EPOCHS_LIMIT, RAMP_BATCH_SIZE_LIMIT, YOLO_EPOCHS_LIMIT, "
    "YOLO_BATCH_SIZE_LIMIT, EPOCHS_LIMIT, BATCH_SIZE_LIMIT, "
    "TRAINING_WORKSPACE, RAMP_HOME, YOLO_HOME, CELERY_BROKER_URL",
)
def test_every_setting_of_fair_does_something_or_has_a_reason():
    """A name that is read, but whose value nobody looks at, would be a promise that is not kept."""
    code = "\n".join(
        path.read_text() for place in ("services", "libs") for path in (ROOT / place).glob("*/src/**/*.py")
    )
    used = {name for name, field in fields() if re.search(rf"\.{field}\b", code)}
    assert sorted(set(FAIR) - used - set(ABSENT)) == []
    assert sorted(used & set(ABSENT)) == []


@pytest.mark.spec("20.2", "secrets are masked")
def test_what_is_secret_is_masked():
    lifetimes = {"IMAGE_READ_TOKEN_VALID_DAYS", "IMAGESET_UPLOAD_TOKEN_VALID_DAYS"}
    accounts = {"AWS_ACCESS_KEY_ID", "AUTOPKG_S3_ACCESS_KEY", "AUTOPKG_S3_TEST_ACCESS_KEY"}
    open_ = {"MAPSWIPE_CSRFTOKEN_KEY"} | accounts | lifetimes
    """Names of accounts and of a cookie, and lifetimes."""
    secret = re.compile("KEY|SECRET|PASSWORD|TOKEN|DSN|DATABASE_URL|NATS_+URL")
    plain = {name for name, _ in fields() if secret.search(name) and not masked(name)}
    assert plain == open_


@pytest.mark.spec("20.2", "TLS and SSL exclude each other")
def test_mail_has_one_encryption(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://u@db/notify")
    monkeypatch.setenv("EMAIL_USE_SSL", "true")
    with pytest.raises(SystemExit, match="exclude each other"):
        load(NotifySettings)
    monkeypatch.setenv("EMAIL_USE_TLS", "false")
    assert load(NotifySettings).email_use_ssl


def test_every_setting_says_what_it_means():
    assert [name for name, setting in settings().items() if not setting.meaning] == [], "a text below the field"


def test_no_name_is_read_for_two_purposes():
    """`FAIR_K8S_…` is the same amount for both kinds of runs."""
    every = [name for setting in settings().values() for name in setting.names if not name.startswith("FAIR_K8S_")]
    assert len(every) == len(set(every))


def test_table_names_every_setting():
    text = document()
    assert [name for name in (*readable(), *FAIR) if f"`{name}`" not in text] == []
