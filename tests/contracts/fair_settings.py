"""The names of fAIr's settings, with their defaults; why Fairway has not all of them, and why some defaults differ.

An empty default means that there is none.
"""

FAIR = {
    "DEBUG": "false", "SECRET_KEY": "required", "DATABASE_URL": "required", "DATABASE_SSL_MODE": "",
    "ALLOWED_HOSTS": "", "CSRF_TRUSTED_ORIGINS": "", "CORS_ALLOWED_ORIGINS": "", "CORS_ALLOW_ALL_ORIGINS": "false",
    "SECURE_SSL_REDIRECT": "true", "FRONTEND_URL": "required", "API_BASE_URL": "required", "HOSTNAME": "127.0.0.1",
    "SERVE_FRONTEND": "false", "FRONTEND_DIST_DIR": "", "AUTH_PROVIDER": "hanko", "FAIR_DEV_TOKEN": "",
    "HANKO_API_URL": "", "COOKIE_SECRET": "", "COOKIE_DOMAIN": "", "COOKIE_SECURE": "", "JWT_AUDIENCE": "",
    "JWT_ISSUER": "", "LOGIN_URL": "https://login.hotosm.org", "LOGIN_INTERNAL_API_KEY": "", "LOGIN_BACKEND_URL": "",
    "OSM_LOGIN_REDIRECT_URI": "", "ADMIN_EMAILS": "", "FAIR_ZENML_STORE_URL": "", "FAIR_ZENML_STORE_API_KEY": "",
    "FAIR_STAC_API_URL": "", "FAIR_STAC_API_KEY": "", "FAIR_STAC_DSN": "", "FAIR_LABEL_DOMAIN": "fair.dev",
    "FAIR_KNATIVE_*": "", "BUCKET_NAME": "", "PARENT_BUCKET_FOLDER": "dev", "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_ENDPOINT_URL": "", "PRESIGNED_URL_EXPIRY": "900",
    "USER_RATE_LIMIT": "1000/h", "ANON_RATE_LIMIT": "100/h", "TRAINING_RATE_LIMIT": "10/h",
    "PREDICTION_RATE_LIMIT": "50/h", "DB_POOL_MIN_SIZE": "4", "DB_POOL_MAX_SIZE": "20", "DB_POOL_TIMEOUT": "30",
    "RAW_DATA_API_URL": "https://api-prod.raw-data.hotosm.org/v1", "ENABLE_MAPSWIPE": "false",
    "MAPSWIPE_BACKEND_URL": "", "MAPSWIPE_MANAGER_URL": "", "MAPSWIPE_WEB_URL": "", "MAPSWIPE_CSRFTOKEN_KEY": "",
    "MAPSWIPE_FB_AUTH_URL": "", "MAPSWIPE_FB_USERNAME": "", "MAPSWIPE_FB_PASSWORD": "", "MAPSWIPE_TUTORIAL_ID": "37",
    "MAPSWIPE_ORGANIZATION_ID": "4", "MAPSWIPE_VERIFICATION_NUMBER": "3", "MAPSWIPE_POLL_INTERVAL": "10",
    "MAPSWIPE_POLL_TIMEOUT": "600", "EMAIL_HOST": "smtp.gmail.com", "EMAIL_PORT": "587", "EMAIL_USE_TLS": "true",
    "EMAIL_USE_SSL": "false", "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": "",
    "DEFAULT_FROM_EMAIL": "no-reply@fair.hotosm.org", "LOG_PATH": "./logs", "LOG_LINE_STREAM_TRUNCATE_VALUE": "10",
    "DEFAULT_PAGINATION_SIZE": "50", "SESSION_COOKIE_AGE": "3600", "CACHE_TIMEOUT_MINUTES": "5",
    "HEALTH_PROBE_TIMEOUT": "2.0", "PREDICTION_SYNC_INTERVAL": "15", "TRAINING_SYNC_INTERVAL": "30",
    "STAC_CACHE_TTL": "300", "STAC_BULK_FETCH_WORKERS": "16", "PMTILES_MIN_ZOOM": "10", "PMTILES_MAX_ZOOM": "20",
    "ENABLE_SENTRY": "false", "SENTRY_DSN": "", "EXPORT_TOOL_API_URL": "https://api-prod.raw-data.hotosm.org/v1",
    "ENABLE_PREDICTION_API": "", "RAMP_EPOCHS_LIMIT": "40", "RAMP_BATCH_SIZE_LIMIT": "8", "YOLO_EPOCHS_LIMIT": "200",
    "YOLO_BATCH_SIZE_LIMIT": "8", "EPOCHS_LIMIT": "20", "BATCH_SIZE_LIMIT": "8", "TRAINING_WORKSPACE": "",
    "RAMP_HOME": "", "YOLO_HOME": "", "CELERY_BROKER_URL": "", "OSM_CLIENT_ID": "", "OSM_CLIENT_SECRET": "",
    "OSM_URL": "https://www.openstreetmap.org", "OSM_SCOPE": "read_prefs", "OSM_SECRET_KEY": "",
}  # fmt: skip

_V1_FILES = "Files of the first generation's workers; ours are at `TRAINING_WORK_PATH` and in the bucket."
_COOKIES = "The login portal sets the cookies; Fairway reads them only."
_SERVING = "Models are served by the prediction service from their ONNX file, so there is nothing to deploy."
ABSENT = {
    "HOSTNAME": "The OpenAPI document names `API_BASE_URL` as its server; every shell sets HOSTNAME to something else.",
    "COOKIE_DOMAIN": _COOKIES,
    "COOKIE_SECURE": _COOKIES,
    "FAIR_KNATIVE_*": _SERVING,
    "LOG_PATH": "Logs are lines of JSON on the standard output.",
    "SESSION_COOKIE_AGE": "There is no back office with a login of its own.",
    "CACHE_TIMEOUT_MINUTES": "Nothing but STAC items is cached for minutes.",
    "STAC_BULK_FETCH_WORKERS": "Items of one page are fetched with one search.",
    "TRAINING_WORKSPACE": _V1_FILES,
    "RAMP_HOME": _V1_FILES,
    "YOLO_HOME": _V1_FILES,
    "CELERY_BROKER_URL": "`NATS__URL` is the bus.",
    "ENABLE_PREDICTION_API": "Live prediction is always offered.",
}
"""Name → why there is none."""
OTHER_DEFAULT = {
    "DB_POOL_MIN_SIZE": "Five services share one server.",
    "DB_POOL_MAX_SIZE": "Five services share one server.",
    "DB_POOL_TIMEOUT": "A request that waits for a connection is better told 503 soon.",
}
"""Name → why ours is not fAIr's."""
