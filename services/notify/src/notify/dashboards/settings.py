"""Settings of stored dashboards. A value that cannot be right stops the start."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings

from kit.settings import Address, ServiceSettings, names

WORDS = {**dict.fromkeys(("1", "true", "yes", "on"), True), **dict.fromkeys(("0", "false", "no", "off"), False)}


def _flag(value: object) -> object:
    """Raises ValueError for a word that says neither: a typo must not switch a check off."""
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if word not in WORDS:
        raise ValueError(f"must be one of {', '.join(WORDS)}")
    return WORDS[word]


def _finite(value: Decimal) -> Decimal:
    if not 0 <= value <= 1:
        raise ValueError("must be between 0 and 1")
    return value


Flag = Annotated[bool, BeforeValidator(_flag)]
Ratio = Annotated[Decimal, Field(allow_inf_nan=False), AfterValidator(_finite)]


class DashboardSettings(BaseSettings):
    """Stored dashboards: what is checked, how much is kept, where shipped dashboards are."""

    model_config = ServiceSettings.model_config

    schema_path: Address | None = Field(None, validation_alias=names("SCHEMA_PATH"))
    """Folder or http(s) address with `dashboarddto.schema.json`; the schema of the package when unset."""
    validate_dashboard_schema: Flag = Field(True, validation_alias=names("VALIDATE_DASHBOARD_SCHEMA"))
    """Checks dashboards against the schema when they are written."""
    validate_dashboard_size: Flag = Field(True, validation_alias=names("VALIDATE_DASHBOARD_SIZE"))
    """Refuses dashboards above DASHBOARD_MAX_SINGLE_BYTES."""
    dashboard_max_single: int = Field(10 * 1024**2, ge=1, validation_alias=names("DASHBOARD_MAX_SINGLE_BYTES"))
    """Bytes of the largest dashboard, as compact JSON."""
    dashboard_max_total: int = Field(10 * 1024**3, ge=1, validation_alias=names("DASHBOARD_MAX_TOTAL_STORAGE_BYTES"))
    """Bytes for all dashboards together."""
    dashboard_threshold: Ratio = Field(Decimal("0.95"), validation_alias=names("DASHBOARD_EVICTION_THRESHOLD"))
    """Part of these bytes at which the dashboards that were not read for longest begin to go."""
    dashboard_target: Ratio = Field(Decimal("0.60"), validation_alias=names("DASHBOARD_TARGET_UTILIZATION"))
    """Part of these bytes that may be left then."""
    dashboard_trash_days: float = Field(7, ge=0, validation_alias=names("DASHBOARD_TRASH_DAYS"))
    """Days for which deleted and evicted dashboards can be restored, unless their space is needed."""
    dashboard_owner_bytes: int = Field(0, ge=0, validation_alias=names("DASHBOARD_OWNER_MAX_BYTES"))
    """Bytes of the dashboards of one owner; 0 for any number."""
    dashboard_owner_count: int = Field(0, ge=0, validation_alias=names("DASHBOARD_OWNER_MAX_COUNT"))
    """Dashboards of one owner; 0 for any number."""
    dashboard_owner_part: Ratio = Field(Decimal(0), validation_alias=names("DASHBOARD_OWNER_FAIR_PART"))
    """Part of all bytes above which dashboards of an owner are evicted before those of others; 0 makes no difference
    between owners."""
    dashboard_provisioning_path: str | None = Field(None, validation_alias=names("DASHBOARD_PROVISIONING_PATH"))
    """Folder of dashboards as files, which are shown read-only."""
    dashboard_provisioning_interval: float = Field(
        3600, ge=1, validation_alias=names("DASHBOARD_PROVISIONING_INTERVAL")
    )
    """Seconds between two looks at that folder."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.dashboard_target > self.dashboard_threshold:
            raise ValueError("DASHBOARD_TARGET_UTILIZATION must not be above DASHBOARD_EVICTION_THRESHOLD")
        return self
