"""The base of the gateway's tables."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Text
from sqlalchemy.orm import DeclarativeBase

from kit.db.database import new_metadata


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = {datetime: DateTime(timezone=True), int: BigInteger, str: Text}
