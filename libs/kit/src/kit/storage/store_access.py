"""Address and credentials of the object store, ready before anything is signed, so that signing needs no network."""

import asyncio
import logging
from contextlib import suppress
from functools import cached_property
from typing import Any

from kit.errors import Misconfigured
from kit.settings import StorageSettings
from kit.storage.s3_presign import Presigner

log = logging.getLogger("kit.storage")
RENEWAL = 60.0
"""Seconds between two looks at temporary credentials; botocore renews them a quarter of an hour before their end."""


class StoreAccess:
    """Keys in the settings are used as they are. Credentials of the machine's role are renewed in the background
    between `start` and `stop`; without `start` each signature looks them up."""

    def __init__(self, settings: StorageSettings) -> None:
        self.settings = settings
        self._known: Presigner | None = self._configured()
        self._renewing: asyncio.Task[None] | None = None

    def _configured(self) -> Presigner | None:
        settings = self.settings
        if not (settings.endpoint and settings.access_key and settings.secret_key):
            return None
        return Presigner(
            settings.endpoint.rstrip("/"), settings.region, settings.access_key, settings.secret_key.get_secret_value()
        )

    @property
    def presigner(self) -> Presigner:
        """Signs with the current credentials. Raises Misconfigured when there are none."""
        return self._known or self._looked_up()

    async def start(self) -> None:
        """Looks up credentials of the machine's role and begins to renew them."""
        if self.settings.bucket and not self._known:
            await self._renew()
            self._renewing = asyncio.create_task(self._keep_renewing())

    async def stop(self) -> None:
        """Ends the renewal."""
        if self._renewing:
            self._renewing.cancel()
            with suppress(asyncio.CancelledError):
                await self._renewing

    async def _keep_renewing(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL)
            await self._renew()

    async def _renew(self) -> None:
        try:
            self._known = await asyncio.to_thread(self._looked_up)
        except Exception as error:  # botocore's providers raise whatever they meet
            log.warning("storage.credentials_failed", extra={"fields": {"reason": repr(error)}})

    def _looked_up(self) -> Presigner:
        credentials = self.session.get_credentials()
        if credentials is None:
            raise Misconfigured("storage_not_configured", "There are no credentials of the object store.")
        known = credentials.get_frozen_credentials()
        endpoint = self.client.meta.endpoint_url.rstrip("/")
        return Presigner(endpoint, self.settings.region, known.access_key, known.secret_key, known.token)

    @cached_property
    def client(self) -> Any:
        """The boto3 client that workers use. Raises Misconfigured without a bucket."""
        if not self.settings.bucket:
            raise Misconfigured("storage_not_configured", "BUCKET_NAME is not set.")
        from botocore.config import Config

        retries = {"max_attempts": 4, "mode": "standard"}
        return self.session.client(
            "s3", endpoint_url=self.settings.endpoint, region_name=self.settings.region,
            config=Config(
                connect_timeout=3, read_timeout=30, retries=retries, signature_version="s3v4",
                max_pool_connections=32, s3={"addressing_style": "path"},
                request_checksum_calculation="when_required", response_checksum_validation="when_required",
            ),
        )  # fmt: skip

    @cached_property
    def session(self) -> Any:
        """The boto3 session, with the keys of the settings or the machine's role."""
        import boto3

        secret = self.settings.secret_key.get_secret_value() if self.settings.secret_key else None
        return boto3.Session(aws_access_key_id=self.settings.access_key, aws_secret_access_key=secret)
