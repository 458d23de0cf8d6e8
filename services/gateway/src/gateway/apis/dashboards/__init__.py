"""The API of dashboards and channels: stored dashboards, and curves of what the platform does."""

from gateway.apis.dashboards import annotations, channels, pictures, samples, service, stream
from gateway.apis.dashboards.stored import dashboards, maintenance, sharing, snapshots, versions

MODULES = (
    channels,
    dashboards,
    samples,
    versions,
    sharing,
    service,
    stream,
    annotations,
    pictures,
    snapshots,
    maintenance,
)
"""Ordered by how often they are requested: routes are tried one after the other."""
