from kit.cli import run
from notify.main import build
from notify.settings import Settings

run("notify", Settings, build)
