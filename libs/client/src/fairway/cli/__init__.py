"""The `fairway` command line."""

from fairway.cli.app import app

__all__ = ["app"]
