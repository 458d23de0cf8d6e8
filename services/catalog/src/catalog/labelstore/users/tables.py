from sqlalchemy import ForeignKey, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from catalog.labelstore.schema import SCHEMA
from catalog.shared.tables import Base


class LabelUserRow(Base):
    """`secret_hash` is `sha256:<hex>`, or `bcrypt:<text>` of an imported user whose secret was not seen yet."""

    __tablename__ = "users"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    email: Mapped[str]
    public_key: Mapped[str | None] = mapped_column(unique=True)
    api_key: Mapped[str | None] = mapped_column(unique=True)
    secret_hash: Mapped[str | None]
    enabled: Mapped[bool] = mapped_column(server_default="true")


Index("uq_users_email", func.lower(LabelUserRow.email), unique=True)


class LabelRoleRow(Base):
    __tablename__ = "roles"
    __table_args__ = (
        Index(
            "uq_roles_user_id", "user_id", "role", "subject_type", "subject_id", unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_roles_subject_id", "subject_id", "subject_type"),
        {"schema": SCHEMA},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"))
    role: Mapped[str]
    subject_type: Mapped[str | None]
    subject_id: Mapped[int | None]
