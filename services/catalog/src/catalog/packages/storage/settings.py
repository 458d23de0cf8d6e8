from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from kit.settings import Address, ServiceSettings, StorageSettings, load, names


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Deployment = Annotated[Literal["prod", "dev", "test"], BeforeValidator(_lower)]


def _autopkg(name: str) -> AliasChoices:
    return names(f"AUTOPKG_{name}")


class PackageStorageSettings(BaseSettings):
    """Where packages lie. With AUTOPKG_DEPLOYMENT_ENV=test the variables for tests apply, where they are set."""

    model_config = ServiceSettings.model_config

    package_deployment: Deployment = Field("prod", validation_alias=_autopkg("DEPLOYMENT_ENV"))
    """`prod`, `dev` or `test`; with `test` the storage of packages is that of the variables for tests."""
    package_host: Address = Field("http://localhost/packages", validation_alias=_autopkg("PACKAGES_HOST_URL"))
    """Public root address below which packages are served."""
    package_backend: Literal["localfs", "awss3"] = Field("localfs", validation_alias=_autopkg("STORAGE_BACKEND"))
    """Where packages lie: `localfs`, a folder of this machine, or `awss3`, a bucket of any S3 object store."""
    package_root: Path | None = Field(None, validation_alias=_autopkg("LOCALFS_STORAGE_BACKEND_ROOT"))
    """Folder of the packages with `localfs`. Without it the service starts; the first use of packages is refused."""
    package_root_test: Path | None = Field(None, validation_alias=_autopkg("LOCALFS_STORAGE_BACKEND_ROOT_TEST"))
    """That folder in tests."""
    package_access_key: str | None = Field(None, validation_alias=_autopkg("S3_ACCESS_KEY"))
    """Access key id of the object store of packages; without it those of the other files are used."""
    package_secret_key: SecretStr | None = Field(None, validation_alias=_autopkg("S3_SECRET_KEY"))
    """Its secret access key."""
    package_bucket: str = Field("irv-autopkg", validation_alias=_autopkg("S3_BUCKET"))
    """Bucket of packages with `awss3`; nothing else lies in it."""
    package_access_key_test: str | None = Field(None, validation_alias=_autopkg("S3_TEST_ACCESS_KEY"))
    """Access key id in tests."""
    package_secret_key_test: SecretStr | None = Field(None, validation_alias=_autopkg("S3_TEST_SECRET_KEY"))
    """Secret access key in tests."""
    package_bucket_test: str = Field("irv-autopkg-dev", validation_alias=_autopkg("S3_TEST_BUCKET"))
    """Bucket in tests."""
    package_region: str = Field("eu-west-2", validation_alias=_autopkg("S3_REGION"))
    """Region of the bucket of packages."""
    package_endpoint: str | None = Field(None, validation_alias=_autopkg("S3_ENDPOINT_URL"))
    """Address of an object store of packages other than Amazon S3; without it AWS_ENDPOINT_URL is used."""

    @model_validator(mode="after")
    def _in_tests(self) -> Self:
        if self.package_deployment == "test":
            self.package_root = self.package_root_test or self.package_root
            self.package_access_key = self.package_access_key_test or self.package_access_key
            self.package_secret_key = self.package_secret_key_test or self.package_secret_key
            self.package_bucket = self.package_bucket_test
        return self

    def for_object_storage(self) -> StorageSettings:
        """Returns the settings of the bucket of packages, whose keys have no prefix. What is not set for packages is
        that of the other files."""
        ours = load(StorageSettings)
        keys = {"access_key": self.package_access_key, "secret_key": self.package_secret_key}
        changed = {
            "bucket": self.package_bucket, "folder": "", "region": self.package_region,
            "endpoint": self.package_endpoint or ours.endpoint, **(keys if self.package_access_key else {}),
        }  # fmt: skip
        return ours.model_copy(update=changed)
