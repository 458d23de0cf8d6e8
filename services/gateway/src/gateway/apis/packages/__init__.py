"""The API of packages: any area's open data, cut, checked and catalogued."""

from gateway.apis.packages import boundaries, files, jobs, packages, probes, processors
from gateway.apis.packages.ogc import jobs as ogc_jobs
from gateway.apis.packages.ogc import processes as ogc_processes

MODULES = (files, jobs, packages, boundaries, processors, probes, ogc_processes, ogc_jobs)
"""Ordered by how often they are requested: routes are tried one after the other."""
