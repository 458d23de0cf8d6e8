"""Sends logged errors to Sentry, where a deployment has one."""


def init(service: str, dsn: str) -> None:
    """Call once per process. Neither values of variables nor bodies nor addresses of people leave the process."""
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn, server_name=service, auto_enabling_integrations=False, send_default_pii=False,
        include_local_variables=False, max_request_body_size="never",
    )  # fmt: skip
