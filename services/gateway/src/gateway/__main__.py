"""`python -m gateway [serve|provision|migrate|republish]`, as in every room. With several workers `serve` runs the
supervisor of as many processes."""

import sys

from gateway.settings import Settings
from kit.settings import load


def main() -> None:
    settings = load(Settings)
    if sys.argv[1:] in ([], ["serve"]) and settings.workers > 1 and settings.public_fd is None:
        from gateway.http.server.supervisor import Supervisor

        return Supervisor(settings).run()
    from gateway.main import build
    from kit.cli import run
    from kit.process.parent_death import die_with_parent

    if settings.public_fd is not None:
        die_with_parent()
    run("gateway", Settings, build)


main()
