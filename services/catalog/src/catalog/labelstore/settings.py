from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from kit.settings import ServiceSettings, names

DAY = 86_400


class LabelStoreSettings(BaseSettings):
    """Where the label store keeps files, how long its grants last, and what it does with odd input."""

    model_config = ServiceSettings.model_config

    label_images: str = Field("uploads", min_length=1, validation_alias=names("LABEL_IMAGESET_FOLDER"))
    """Folder of images. Only objects below it can be registered."""
    label_dropbox: str = Field("dropbox", min_length=1, validation_alias=names("LABEL_DROPBOX_PREFIX"))
    """Folder into which labelling parties upload."""
    label_datasets: str = Field("label-datasets", min_length=1, validation_alias=names("LABEL_DATASET_PREFIX"))
    """Folder of dataset versions."""
    label_imports: str = Field("label-imports", min_length=1, validation_alias=names("LABEL_IMPORT_PREFIX"))
    """Folder into which files of imports are uploaded."""
    read_days: int = Field(7, ge=1, le=7, validation_alias=names("IMAGE_READ_TOKEN_VALID_DAYS"))
    """Days for which the URL of an image works."""
    upload_days: int = Field(7, ge=1, le=7, validation_alias=names("IMAGESET_UPLOAD_TOKEN_VALID_DAYS"))
    """Days for which an upload grant works."""
    upload_max_bytes: int = Field(5 << 30, ge=1, le=5 << 30, validation_alias=names("LABEL_UPLOAD_MAX_BYTES"))
    """Maximum bytes of one uploaded file."""
    ingest_exif: bool = Field(True, validation_alias=names("LABEL_INGEST_EXIF"))
    """Reads time, position and orientation from EXIF."""
    ingest_unreadable: Literal["register", "skip"] = Field(
        "register", validation_alias=names("LABEL_INGEST_UNREADABLE")
    )
    """What happens to a file that is no picture."""
    ingest_attempts: int = Field(5, ge=1, validation_alias=names("LABEL_INGEST_MAX_ATTEMPTS"))
    """Times that an ingest lists and copies before it fails."""
    export_attempts: int = Field(5, ge=1, validation_alias=names("LABEL_EXPORT_MAX_ATTEMPTS"))
    """Times that an export is tried before it fails."""
    label_pause: float = Field(1.0, ge=0, validation_alias=names("LABEL_RETRY_PAUSE"))
    """Seconds of the first pause between two attempts; each is twice as long as the one before, up to ten seconds."""
    out_of_bounds: Literal["accept", "clip", "reject"] = Field(
        "accept", validation_alias=names("LABEL_BBOX_OUT_OF_BOUNDS")
    )
    """What happens to a box that leaves its image."""
    export_images: Literal["copy", "reference"] = Field("copy", validation_alias=names("LABEL_EXPORT_IMAGES"))
    """Whether a dataset version holds copies of its images."""
    export_unlabeled: Literal["exclude", "include"] = Field("exclude", validation_alias=names("LABEL_EXPORT_UNLABELED"))
    """Whether unlabelled images of a campaign count as images without objects."""
    bootstrap_email: str | None = Field(None, validation_alias=names("LABEL_BOOTSTRAP_ADMIN_EMAIL"))
    """E-mail of the first image-admin, made at start together with the next two."""
    bootstrap_key: SecretStr | None = Field(None, validation_alias=names("LABEL_BOOTSTRAP_ADMIN_KEY"))
    """Its public half."""
    bootstrap_secret: SecretStr | None = Field(None, validation_alias=names("LABEL_BOOTSTRAP_ADMIN_SECRET"))
    """Its secret half."""

    @property
    def read_seconds(self) -> int:
        return self.read_days * DAY

    @property
    def upload_seconds(self) -> int:
        return self.upload_days * DAY
