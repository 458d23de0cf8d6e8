"""What the gateway hears of links between identities and accounts."""

from contracts.gateway import accounts as a
from contracts.gateway import mappings as m
from contracts.shared import Json
from gateway.auth import mappings, onboarding
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("gateway")


@router.on(a.Onboard)
async def onboard(command: a.Onboard, tx: Tx) -> Json:
    user = await onboarding.onboard(command, tx)
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
