from contracts.training import TrainingJob
from kit.jobs import JobContext
from kit.messaging.router import Router
from training.work.bench import Bench
from training.work.drive import drive

router = Router("training")


@router.job(TrainingJob)
async def drive_run(job: TrainingJob, ctx: JobContext, bench: Bench) -> None:
    await drive(job, ctx, bench)
