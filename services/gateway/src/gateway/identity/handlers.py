"""Commands and queries about accounts, and about the mapping of identities to accounts."""

from contracts.gateway import ChangeProfile, ListUserSummaries, Profile
from contracts.gateway import accounts as a
from contracts.gateway import mappings as m
from contracts.gateway.accounts import ConfirmEmail, GetVerificationLetter, RequestEmailVerification, VerificationLetter
from contracts.shared import Json, SnapshotPage
from gateway.identity import mappings, usecases
from gateway.identity.onboarding import accounts
from gateway.identity.users import SUMMARIES
from gateway.settings import Settings
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from kit.snapshot_pages import check_service, read_page

router = Router("gateway")


@router.on(ChangeProfile)
async def change_profile(command: ChangeProfile, tx: Tx) -> Profile:
    return await usecases.change_profile(command, tx)


@router.on(RequestEmailVerification)
async def request_email_verification(command: RequestEmailVerification, tx: Tx) -> None:
    await usecases.request_verification(command, tx)


@router.on(ConfirmEmail)
async def confirm_email(command: ConfirmEmail, tx: Tx) -> None:
    await usecases.confirm_email(command, tx)


@router.on(GetVerificationLetter)
async def get_verification_letter(query: GetVerificationLetter, read: ReadTx, settings: Settings) -> VerificationLetter:
    check_service(read.actor)
    return await usecases.verification_letter(query, read, settings)


@router.on(ListUserSummaries)
async def list_user_summaries(query: ListUserSummaries, read: ReadTx) -> SnapshotPage:
    return await read_page(SUMMARIES, read, after=query.after, limit=query.limit)


@router.on(a.Onboard)
async def onboard(command: a.Onboard, tx: Tx) -> Json:
    user = await accounts.onboard(command, tx)
    return {"osm_id": user.id, "username": user.username}


@router.on(m.ListMappings)
async def list_mappings(query: m.ListMappings, read: ReadTx) -> Json:
    mappings.allowed(read.actor)
    return await mappings.listed(query, read)


@router.on(m.GetMapping)
async def get_mapping(query: m.GetMapping, read: ReadTx) -> m.Mapping:
    mappings.allowed(read.actor)
    return await mappings.shown(query.hanko_user_id, read)


@router.on(m.CreateMapping, http=201)
async def create_mapping(command: m.CreateMapping, tx: Tx) -> m.Mapping:
    mappings.allowed(tx.actor)
    return await mappings.create(command, tx)


@router.on(m.ChangeMapping)
async def change_mapping(command: m.ChangeMapping, tx: Tx) -> m.Mapping:
    mappings.allowed(tx.actor)
    return await mappings.change(command, tx)


@router.on(m.DeleteMapping, http=204)
async def delete_mapping(command: m.DeleteMapping, tx: Tx) -> None:
    mappings.allowed(tx.actor)
    await tx.session.delete(await mappings.held(command.hanko_user_id, tx))
