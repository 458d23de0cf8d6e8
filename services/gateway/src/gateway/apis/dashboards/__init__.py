"""The API of dashboards and channels: stored dashboards, and curves of what the platform does."""

from gateway.apis.dashboards import channels, samples, service, stream

MODULES = (channels, samples, service, stream)
"""Ordered by how often they are requested: routes are tried one after the other."""
