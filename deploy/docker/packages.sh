# packages.sh NAME...: makes the environment /opt/fairway from pinned, hashed requirements, takes out what nobody reads and compiles the rest.
set -eu
if [ -e /run/secrets/ca ]; then export SSL_CERT_FILE=/run/secrets/ca; fi
uv venv -q --python "$(command -v /usr/local/bin/python)" /opt/fairway
export VIRTUAL_ENV=/opt/fairway
for name; do set -- "$@" -r "$name.txt"; shift; done
uv pip install -q --require-hashes "$@"
for model in ${MODELS:-}; do uv pip install -q -r "models/$model/requirements.txt"; done
packages=$(ls -d /opt/fairway/lib/python3*/site-packages)
sh slim.sh "$packages"
python -I compiled.py "$packages" /root/.cache/compiled
echo /app/own >"$packages/fairway.pth"
find /opt/fairway -exec touch -hd @0 {} +
