"""The build of the web console, beside whatever else starts: nobody waits for it."""

import subprocess

from stack.home import REPOSITORY, Home

BUILD, DIST = REPOSITORY / "scripts/console", REPOSITORY / "console/dist"


def start_build(home: Home) -> None:
    """Begins a build that outlives the caller; its words are in the log `console`."""
    with home.log("console").open("ab") as log:
        subprocess.Popen([BUILD], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
