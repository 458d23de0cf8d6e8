"""Cutting rasters and vectors beside the programs that people use for it, on generated data, in one run."""
