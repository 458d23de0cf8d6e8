"""Exit code 0 when the process of this container is ready; for Docker's health check."""

import http.client
import os
import sys

asked = http.client.HTTPConnection("127.0.0.1", int(os.environ["HTTP__PORT"]), timeout=4)
asked.request("GET", os.environ.get("HEALTH", "/readyz"))
sys.exit(asked.getresponse().status != 200)
