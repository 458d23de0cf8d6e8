"""Where the files of the label store lie, and who may reach them by a presigned URL."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from catalog.labelstore.counters import SIGNED
from catalog.labelstore.settings import LabelStoreSettings
from contracts.catalog.label_image_sets import UploadGrant
from contracts.catalog.label_shared import SignedUrl
from kit.errors import NotFound, Unavailable
from kit.storage.object_storage import Storage


@dataclass(frozen=True)
class LabelFiles:
    """Keys are those of `storage`; paths begin with the bucket, as in the column `blobstorage_path`."""

    storage: Storage
    settings: LabelStoreSettings

    def dropbox(self, title: str) -> str:
        """Returns the prefix of the files that wait in an image set."""
        return f"{self.settings.label_dropbox}/{title}/"

    def images(self, title: str) -> str:
        """Returns the prefix of the images of an ingested set."""
        return f"{self.settings.label_images}/{title}/"

    def imports(self, import_id: int) -> str:
        """Returns the prefix of the uploaded file of an import."""
        return f"{self.settings.label_imports}/{import_id}/"

    def dataset(self, title: str, version: int) -> str:
        """Returns the prefix of a dataset version."""
        return f"{self.settings.label_datasets}/{title}/v{version}/"

    def path(self, key: str) -> str:
        """Returns the path of a key: bucket and key of the bucket, without a slash in front."""
        return self.storage.uri(key).removeprefix("s3://")

    def key_of(self, path: str) -> str:
        """Returns the key of a path. Raises NotFound for a path that is not in the folder of images."""
        given, folder = path.removeprefix("/"), self.path(f"{self.settings.label_images}/")
        if not given.startswith(folder) or ".." in given:
            raise NotFound("not_found", f"{path} does not lie in the folder of images, {folder}.")
        return self.storage.key_of(f"s3://{given}")

    def read_url(self, key: str) -> SignedUrl:
        """Returns a URL of exactly that object, whether or not it exists."""
        seconds = self.settings.read_seconds
        SIGNED.labels("read").inc()
        return SignedUrl(url=self.storage.presigned(key, seconds), expires_at=_in(seconds).isoformat())

    def grant(self, prefix: str) -> UploadGrant:
        """Returns a new grant to upload files below the prefix. It cannot be revoked."""
        seconds, most = self.settings.upload_seconds, self.settings.upload_max_bytes
        SIGNED.labels("upload").inc()
        url, fields = self.storage.presigned_post(prefix, most, seconds)
        start = fields["key"].removesuffix("${filename}")
        return UploadGrant(url=url, fields=fields, key_prefix=start, max_bytes=most, expires_at=_in(seconds))

    async def check(self) -> None:
        """Raises Unavailable unless the bucket can be used."""
        try:
            await self.storage.check()
        except (NotFound, Unavailable) as error:
            raise Unavailable("storage_unavailable", "The object store does not answer; nothing was stored.") from error


def _in(seconds: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
