import sys

from kit.cli import run
from prediction.main import build, build_worker
from prediction.settings import Settings

run("prediction", Settings, build_worker if "worker" in sys.argv[1:] else build)
