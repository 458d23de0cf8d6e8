import sys

from kit.cli import run
from training.main import build, build_worker
from training.settings import Settings

run("training", Settings, build_worker if "worker" in sys.argv[1:] else build)
