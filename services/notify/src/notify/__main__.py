import sys

from kit.cli import run
from notify.main import build, build_worker
from notify.settings import Settings

run("notify", Settings, build_worker if "worker" in sys.argv[1:] else build)
