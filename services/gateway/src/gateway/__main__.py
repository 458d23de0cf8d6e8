"""`python -m gateway [serve|provision|migrate]`, as every room; `grant <osm id>` and `revoke <osm id>` make and unmake
administrators, `openapi` prints the document of the public API."""

import sys

from gateway.settings import Settings
from kit.settings import load


def main() -> None:
    """`serve` with several workers is a supervisor of as many processes; everything else is one process."""
    verb = sys.argv[1] if len(sys.argv) > 1 else "serve"
    settings = load(Settings)
    if verb in ("grant", "revoke") and len(sys.argv) == 3:
        from gateway.auth.roles import set_staff

        set_staff(settings, int(sys.argv[2]), verb == "grant")
    elif verb == "openapi":
        from gateway.openapi import document

        print(document(settings))
    elif verb == "serve" and settings.workers > 1 and settings.public_fd is None:
        from gateway.supervisor import Supervisor

        Supervisor(settings).run()
    else:
        from gateway.main import build
        from kit.child import die_with_parent
        from kit.cli import run

        if settings.public_fd is not None:
            die_with_parent()
        run("gateway", Settings, build)


main()
