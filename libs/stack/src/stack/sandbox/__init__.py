"""Real servers that speak the protocols of the third parties Fairway talks to, for the demo, development and tests."""

from stack.sandbox.start import sandbox

__all__ = ["sandbox"]
