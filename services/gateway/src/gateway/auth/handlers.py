from contracts.gateway import ChangeProfile, ListUserFacts, Profile
from contracts.gateway.accounts import ConfirmEmail, GetVerificationLetter, RequestEmailVerification, VerificationLetter
from contracts.shared import Portion
from gateway.auth import usecases
from gateway.auth.users import FACTS
from gateway.settings import Settings
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from kit.portions import check_service, portion

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


@router.on(ListUserFacts)
async def list_user_facts(query: ListUserFacts, read: ReadTx) -> Portion:
    return await portion(FACTS, read, after=query.after, limit=query.limit)
