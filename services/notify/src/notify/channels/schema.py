"""The PostgreSQL schema of channels."""

SCHEMA = "channels"
