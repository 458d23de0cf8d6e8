"""Each service as its image, confined as the chart confines it, on servers that are containers too."""

import os

# Before testcontainers is imported: its helper image cannot be pulled everywhere; published ports are on this machine.
os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"
os.environ["TESTCONTAINERS_CONNECTION_MODE"] = "docker_host"
