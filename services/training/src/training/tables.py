from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from kit.db.database import new_metadata

Json = dict[str, Any]


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = {
        datetime: DateTime(timezone=True), int: BigInteger, str: Text, Json: JSONB, list[str]: JSONB,
    }  # fmt: skip
