"""The API of dashboards and channels: stored dashboards, and curves of what the platform does."""

from gateway.apis.dashboards import annotations, channels, dashboards, maintenance, samples, service, stream

MODULES = (channels, dashboards, samples, service, stream, annotations, maintenance)
"""Ordered by how often they are requested: routes are tried one after the other."""
