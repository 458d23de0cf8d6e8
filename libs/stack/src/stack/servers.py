"""The type every backing server module offers: `up(home, ask) -> Env`."""

from collections.abc import Callable

from stack.home import Env

Ask = Callable[[str], Env]
"""`ask("postgres")` waits until that server is up and returns what it offers; errors of its start are raised again."""
