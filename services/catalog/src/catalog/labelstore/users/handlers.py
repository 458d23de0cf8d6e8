from catalog.labelstore.users import queries, usecases
from contracts.catalog import label_users as c
from contracts.shared import Json
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.on(c.CreateLabelUser, http=201)
async def create_label_user(command: c.CreateLabelUser, tx: Tx) -> Json:
    return await usecases.create_label_user(command, tx)


@router.on(c.ChangeLabelUser)
async def change_label_user(command: c.ChangeLabelUser, tx: Tx) -> Json:
    return await usecases.change_label_user(command, tx)


@router.on(c.IssueLabelKey, http=201)
async def issue_label_key(command: c.IssueLabelKey, tx: Tx) -> Json:
    return await usecases.issue_label_key(command, tx)


@router.on(c.GrantLabelRole, http=201)
async def grant_label_role(command: c.GrantLabelRole, tx: Tx) -> Json:
    return await usecases.grant_label_role(command, tx)


@router.on(c.RevokeLabelRole, http=204)
async def revoke_label_role(command: c.RevokeLabelRole, tx: Tx) -> None:
    await usecases.revoke_label_role(command, tx)


@router.on(c.RewriteLabelSecret, http=204)
async def rewrite_label_secret(command: c.RewriteLabelSecret, tx: Tx) -> None:
    await usecases.rewrite_label_secret(command, tx)


@router.on(c.GetLabelKey)
async def get_label_key(query: c.GetLabelKey, read: ReadTx) -> c.LabelKey:
    return await queries.get_label_key(query.apikey, read)


@router.on(c.GetLabelUser)
async def get_label_user(query: c.GetLabelUser, read: ReadTx) -> Json:
    return await queries.get_label_user(query, read)


@router.on(c.ListLabelUsers)
async def list_label_users(query: c.ListLabelUsers, read: ReadTx) -> bytes:
    return await queries.list_label_users(query, read)
