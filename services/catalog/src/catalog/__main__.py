from catalog.main import build
from catalog.settings import Settings
from kit.cli import run

run("catalog", Settings, build)
