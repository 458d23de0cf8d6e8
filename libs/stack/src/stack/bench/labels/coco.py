"""What runs in a process of its own, because its peak memory is a figure."""

_FIGURES = """
def figures(base):
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(json.dumps({"cpu": time.process_time() - started, "peak": peak, "base": base}))

def now():
    return next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmRSS"))
"""
WRITER = f"""
import asyncio, json, resource, sys, time
from pathlib import Path
from types import SimpleNamespace
from catalog.labelstore.datasets.formats.coco import CocoWriter
from catalog.labelstore.datasets.version_rows import images_of
from kit.db.database import Database
{_FIGURES}
async def write(url, dataset, path):
    database = Database(url)
    await database.open()
    writer = CocoWriter(Path(path), {{"description": "bench"}}, [f"class {{n}}" for n in range(80)])
    async for image in images_of(int(dataset), SimpleNamespace(db=database)):
        writer.add(image)
    writer.close()
    await database.close()
base, started = now(), time.process_time()
asyncio.run(write(*sys.argv[1:]))
figures(base)
"""
PEER = f"""
import json, resource, sys, time
{_FIGURES}
base, started = now(), time.process_time()
with open(sys.argv[1]) as file:
    found = json.load(file)
with open(sys.argv[1] + ".again", "w") as file:
    json.dump(found, file)
figures(base)
"""
