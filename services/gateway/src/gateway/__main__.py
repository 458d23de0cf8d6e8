import sys

from gateway.settings import Settings
from gateway.supervisor import Supervisor
from kit.settings import load


def main() -> None:
    """`serve` with several workers is a supervisor of as many processes; everything else is one process."""
    verb = sys.argv[1] if len(sys.argv) > 1 else "serve"
    if verb == "serve":
        settings = load(Settings)
        if settings.workers > 1 and settings.public_fd is None:
            return Supervisor(settings).run()
    from gateway.main import build
    from kit.cli import run

    run("gateway", Settings, build)


main()
