"""The client: resources, and waiting for long work."""

from collections.abc import Callable, Iterator
from functools import cached_property
from types import TracebackType
from typing import Any, Self

import httpx

from fairway import resources, rows
from fairway.events import ServerEvent
from fairway.transport import Transport
from fairway.waiting import Feed, ended


class Fairway:
    """`url` ends in `/api/v1`. Not safe to share between threads."""

    def __init__(self, url: str, token: str | None = None, headers: dict[str, str] | None = None) -> None:
        self.transport = Transport(url, token, headers)
        self.aois = resources.Aois(self.transport)
        self.labels = resources.Labels(self.transport)
        self.base_models = resources.BaseModels(self.transport)
        self.local_models = resources.LocalModels(self.transport)
        self.datasets = resources.Datasets(self.transport)
        self.trainings = resources.Trainings(self.transport)
        self.predictions = resources.Predictions(self.transport)
        self.notifications = resources.Notifications(self.transport)
        self.webhooks = resources.Webhooks(self.transport)

    @cached_property
    def feed(self) -> Feed:
        return Feed(self.transport)

    def me(self) -> rows.Profile:
        return rows.Profile.model_validate(self.transport.get("/auth/me/"))

    def change_me(self, **profile: Any) -> rows.Profile:
        """`email`, `notifications_delivery_methods`, `newsletter_subscription`, `account_deletion_requested`."""
        return rows.Profile.model_validate(self.transport.write("PATCH", "/auth/me/", profile))

    def follow(
        self, resource: resources.Resource, key: str, row_id: int, limit: float = 3600
    ) -> Iterator[ServerEvent | None]:
        """Events of one row until it has ended well; raises `Ended` with the reason otherwise."""
        return self.feed.following(key, row_id, lambda: ended(resource.get(row_id)), limit)

    def wait(
        self, resource: resources.Resource, key: str, row_id: int,
        on_event: Callable[[ServerEvent], None] | None = None, limit: float = 3600,
    ) -> Any:  # fmt: skip
        """The row once it has ended well."""
        for event in self.follow(resource, key, row_id, limit):
            if event and on_event:
                on_event(event)
        return resource.get(row_id)

    def download(self, url: str, path: str, on_bytes: Callable[[int, int], None] | None = None) -> None:
        """A presigned address to a file; no credentials of ours go there."""
        with httpx.stream("GET", url, timeout=60, follow_redirects=True) as response:
            response.raise_for_status()
            total = int(response.headers.get("Content-Length", 0))
            with open(path, "wb") as target:
                for chunk in response.iter_bytes():
                    target.write(chunk)
                    if on_bytes:
                        on_bytes(len(chunk), total)

    def close(self) -> None:
        self.transport.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
