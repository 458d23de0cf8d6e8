"""The client: its resources, and waiting for long-running work."""

from collections.abc import Callable, Iterator
from functools import cached_property
from types import TracebackType
from typing import Any, Self

from fairway import channels, dashboards, label_imports, label_quality, labelstore, packages, resources, rows
from fairway.events import ServerEvent
from fairway.polling import StatusFeed, is_done
from fairway.transport import Transport, download


class Fairway:
    """`url` ends in `/api/v1`; `token` is sent as a bearer token. A labelling party has no token but a key of the label
    store: `headers=label_key(key, secret)`. Not safe to share between threads."""

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
        self.channels = channels.Channels(self.transport)
        self.boundaries = packages.Boundaries(self.transport)
        self.packages = packages.Packages(self.transport)
        self.package_jobs = packages.PackageJobs(self.transport)
        self.dashboards = dashboards.Dashboards(self.transport)
        self.image_sets = labelstore.ImageSets(self.transport)
        self.campaigns = labelstore.Campaigns(self.transport)
        self.label_datasets = labelstore.LabelDatasets(self.transport)
        self.label_imports = label_imports.LabelImports(self.transport)
        self.label_quality = label_quality.LabelQuality(self.transport)
        self.taxonomies = label_quality.Taxonomies(self.transport)
        self.label_audit = label_quality.Audit(self.transport)

    @cached_property
    def feed(self) -> StatusFeed:
        """The event stream of this user, opened on first use."""
        return StatusFeed(self.transport)

    def me(self) -> rows.Profile:
        """Returns the profile of the caller. Raises ApiError without a valid login."""
        return rows.Profile.model_validate(self.transport.get("/auth/me/"))

    def change_me(self, **profile: Any) -> rows.Profile:
        """Changes `email`, `notifications_delivery_methods`, `newsletter_subscription` or
        `account_deletion_requested`, and returns the profile. Raises ApiError for an invalid value."""
        return rows.Profile.model_validate(self.transport.write("PATCH", "/auth/me/", profile))

    def usage(
        self, month: str | None = None, user: int | None = None, everyone: bool = False, per_run: bool = False
    ) -> rows.Usage:
        """Returns what trainings and predictions have cost, by `month` (`2026-11`) or run. `user` and `everyone` are
        for administrators: other callers get an ApiError."""
        asked = {"month": month, "user": user, "everyone": everyone, "per_run": per_run}
        return rows.Usage.model_validate(self.transport.get("/usage/", **asked))

    def follow(
        self, resource: resources.Resource, key: str, row_id: int, limit: float = 3600
    ) -> Iterator[ServerEvent | None]:
        """Yields the events of a row until its work is done, and None at each poll.

        `key` is the field of the events that holds the row's id, e.g. `training_id`; `limit` is in seconds.
        Raises OperationFailed with the reason when the work fails or is stopped, TimeoutError after `limit`.
        """
        return self.feed.follow(key, row_id, lambda: is_done(resource.get(row_id)), limit)

    def wait(
        self, resource: resources.Resource, key: str, row_id: int,
        on_event: Callable[[ServerEvent], None] | None = None, limit: float = 3600,
    ) -> Any:  # fmt: skip
        """Waits until the work of a row is done and returns the row. Raises as `follow` does."""
        for event in self.follow(resource, key, row_id, limit):
            if event and on_event:
                on_event(event)
        return resource.get(row_id)

    def download(self, url: str, path: str, on_bytes: Callable[[int, int], None] | None = None) -> None:
        """Downloads a presigned URL to a file, without sending credentials.

        `on_bytes(size, total)` is called for each chunk; `total` is 0 when it is unknown. Raises httpx.HTTPError.
        """
        download(url, path, on_bytes)

    def close(self) -> None:
        self.transport.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
