"""The label store's own PostgreSQL schema."""

SCHEMA = "labelstore"
