"""The API of dashboards and channels: stored dashboards, and curves of what the platform does."""

from gateway.apis.dashboards import samples, service, stream

MODULES = (service, samples, stream)
"""Ordered by how often they are requested: routes are tried one after the other."""
