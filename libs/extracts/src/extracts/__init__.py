"""Rasters and vectors cut by an outline, data packages and provenance: plain functions over files. See the README."""
