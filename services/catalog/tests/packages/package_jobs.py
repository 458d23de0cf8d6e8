"""Somebody who submits jobs for packages, and the workers that do them."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from packages_room import person

from contracts.catalog.package_jobs import CancelPackageJob, GetPackageJob, JobArea, SubmitPackageJob
from contracts.shared import Actor
from kit.testing import MAPPER, Caller, eventually

Workers = list[asyncio.subprocess.Process]


@dataclass
class Packages:
    """Somebody who submits jobs, and looks into the folder of packages."""

    caller: Caller
    root: Path

    async def ask(self, name: str, *processors: str, actor: Actor = MAPPER, **more: Any) -> Any:
        """Returns the verdict."""
        area = JobArea(boundary_name=name)
        return await self.caller.send(SubmitPackageJob(area=area, processors=list(processors), **more), actor)

    async def submit(self, name: str, *processors: str, actor: Actor | None = None, **more: Any) -> str:
        verdict = await self.ask(name, *processors, actor=actor or person(), **more)
        return verdict.result["id"]

    async def job(self, job_id: str) -> dict[str, Any]:
        return await self.caller.ask(GetPackageJob(job_id=UUID(job_id)))

    async def cancel(self, job_id: str, actor: Actor) -> Any:
        return await self.caller.send(CancelPackageJob(job_id=UUID(job_id)), actor)

    async def ended(self, job_id: str, limit: float = 90.0) -> dict[str, Any]:
        async def complete() -> dict[str, Any] | None:
            job = await self.job(job_id)
            return job if job["status"] == "COMPLETE" else None

        return await eventually(complete, limit)

    async def made(self, name: str, *processors: str, **more: Any) -> dict[str, Any]:
        """Returns the job when it is complete."""
        return await self.ended(await self.submit(name, *processors, **more))

    def data(self, name: str, dataset: str, version: str = "version_1") -> set[str]:
        folder = self.root / name / "datasets" / dataset / version / "data"
        return {path.name for path in folder.iterdir()} if folder.is_dir() else set()

    def documents(self, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Data package and provenance."""
        names = ("datapackage.json", "provenance.json")
        package, provenance = (orjson.loads((self.root / name / one).read_bytes()) for one in names)
        return package, provenance

    @property
    def staged(self) -> list[Path]:
        return [path for path in self.root.glob(".*/*/*") if path.is_file()]


async def start_worker(**environment: str) -> asyncio.subprocess.Process:
    env = {**os.environ, "HTTP__PORT": "0", **environment}
    program = Path(__file__).parent / "packages_room.py"
    return await asyncio.create_subprocess_exec(sys.executable, str(program), env=env)


async def stop_all(processes: Workers) -> None:
    while processes:
        process = processes.pop()
        if process.returncode is None:
            process.kill()
        await process.wait()
