from catalog.packages.submissions import queries, usecases
from catalog.packages.submissions.areas import AreaReader
from catalog.packages.submissions.presenter import PackageAddresses
from catalog.packages.submissions.rules import SubmissionRules
from contracts.catalog import package_jobs as c
from contracts.shared import Rows
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.on(c.SubmitPackageJob, http=202)
async def submit_package_job(
    command: c.SubmitPackageJob, tx: Tx, areas: AreaReader, rules: SubmissionRules, addresses: PackageAddresses
) -> c.PackageJob:
    job_id = await usecases.submit(command, tx, areas, rules)
    return await queries.get_job(job_id, tx, addresses)


@router.on(c.CancelPackageJob)
async def cancel_package_job(command: c.CancelPackageJob, tx: Tx, addresses: PackageAddresses) -> c.PackageJob:
    await usecases.cancel(command.job_id, tx)
    return await queries.get_job(command.job_id, tx, addresses)


@router.on(c.GetPackageJob)
async def get_package_job(query: c.GetPackageJob, read: ReadTx, addresses: PackageAddresses) -> c.PackageJob:
    return await queries.get_job(query.job_id, read, addresses)


@router.on(c.ListPackageJobs)
async def list_package_jobs(query: c.ListPackageJobs, read: ReadTx, addresses: PackageAddresses) -> Rows:
    return await queries.list_jobs(query, read, addresses)
