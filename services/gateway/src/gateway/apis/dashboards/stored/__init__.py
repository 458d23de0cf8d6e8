"""Stored dashboards."""
