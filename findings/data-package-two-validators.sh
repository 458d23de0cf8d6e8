#!/usr/bin/env bash
# Two validators of the same standard, Data Package v1, refuse each other's packages: `datapackage` lets two resources with one name pass and
# refuses a licence whose name has a space; `frictionless` refuses the former and takes the latter.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv" 2>/dev/null || python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q datapackage==1.15.4 frictionless==5.21.0 'setuptools<81'
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version
from pathlib import Path

import datapackage
import frictionless

print("datapackage", version("datapackage"), "frictionless", version("frictionless"))
Path("a.csv").write_text("id\n1\n")
Path("b.csv").write_text("id\n2\n")


def package(names, licence):
    resources = [{"name": name, "path": path} for name, path in zip(names, ("a.csv", "b.csv"))]
    return {"name": "towns", "licenses": [{"name": licence, "path": "https://example.org/terms"}], "resources": resources}


def verdicts(descriptor):
    old = datapackage.Package(descriptor).valid
    try:
        new = frictionless.Package.from_descriptor(descriptor).validate().valid
    except frictionless.FrictionlessException as error:
        new = False
        print("  frictionless:", str(error)[:120])
    return {"datapackage": old, "frictionless": new}


plain = verdicts(package(["a", "b"], "CC-BY-4.0"))
same_name = verdicts(package(["a", "a"], "CC-BY-4.0"))
spaced = verdicts(package(["a", "b"], "Natural Earth"))
print("plain", plain)
print("two resources of one name", same_name)
print("a licence name with a space", spaced)
assert plain == {"datapackage": True, "frictionless": True}
assert same_name == {"datapackage": True, "frictionless": False}, same_name
assert spaced == {"datapackage": False, "frictionless": True}, spaced
PY
