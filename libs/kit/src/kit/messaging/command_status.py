"""Every owner answers for the commands it has decided."""

from uuid import UUID

from contracts.base import REGISTRY, CommandLookup
from contracts.verdict import VERDICT
from kit.errors import NotFound
from kit.messaging.delivery.inbox import command_status
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx


def command_lookup(service: str) -> Router:
    """Returns a router that answers `GetCommand` of this service from its inbox. Only the sender and administrators get
    the verdict; the handler raises NotFound for all others."""
    router = Router(service)
    message = REGISTRY[f"qry.{service}.v1.get_command"]
    assert issubclass(message, CommandLookup)

    @router.on(message)
    async def get_command(query: CommandLookup, read: ReadTx) -> dict:
        row = await command_status(read.db, service, UUID(query.command_id))
        if row is None or not (read.actor.is_admin or read.actor.id == row["actor_id"]):
            raise NotFound("command_not_found")
        verdict = VERDICT.validate_python(row["verdict"])
        return {"verdict": verdict.model_dump(mode="json"), "judged_at": row["received_at"].isoformat()}

    return router
