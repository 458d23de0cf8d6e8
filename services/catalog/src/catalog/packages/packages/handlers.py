from catalog.packages.packages import files, queries
from catalog.packages.processors.catalogue import ProcessorCatalogue
from catalog.packages.storage.port import PackageStorage
from contracts.catalog import packages as c
from contracts.shared import Json
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx

router = Router("catalog")


@router.on(c.ListPackages)
async def list_packages(query: c.ListPackages, read: ReadTx, storage: PackageStorage) -> list[Json]:
    return await queries.list_packages(query, storage)


@router.on(c.GetPackage)
async def get_package(
    query: c.GetPackage, read: ReadTx, storage: PackageStorage, catalogue: ProcessorCatalogue
) -> c.Package:
    return await queries.get_package(query.name, read, storage, catalogue)


@router.on(c.GetPackageFile)
async def get_package_file(query: c.GetPackageFile, read: ReadTx, storage: PackageStorage) -> c.PackageFile:
    return await files.get_package_file(query.path, storage)


@router.on(c.PackageContents)
async def package_contents(query: c.PackageContents, read: ReadTx, storage: PackageStorage) -> list[c.PackageMember]:
    return await files.package_contents(query, storage)


@router.on(c.PackagesIndex)
async def packages_index(query: c.PackagesIndex, read: ReadTx, storage: PackageStorage) -> list[c.IndexedPackage]:
    return await files.packages_index(query, read, storage)


@router.on(c.PackagesReady)
async def packages_ready(query: c.PackagesReady, read: ReadTx) -> Json:
    return {"ready": await queries.is_ready(read)}
