"""Who may see an image: image-admins, and labellers of a campaign that contains it."""

from sqlalchemy import BigInteger, Boolean, column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.labelstore.images.tables import ImageRow
from catalog.labelstore.schema import SCHEMA
from catalog.labelstore.users.visibility import principal_of
from contracts.shared import Actor
from kit.errors import Forbidden, NotFound

campaign_images = table(
    "campaign_images", column("campaign_id", BigInteger), column("image_id", BigInteger), column("labeled", Boolean),
    schema=SCHEMA,
)  # fmt: skip
"""What an image reads of the campaigns that contain it; `catalog.labelstore.campaigns`, above, writes it."""


async def require_image(image_id: int, actor: Actor, session: AsyncSession) -> ImageRow:
    """Raises NotFound for an unknown image, then Forbidden for one of others."""
    row = await session.get(ImageRow, image_id)
    caller = await principal_of(actor, session)
    if row is None:
        raise NotFound("not_found", f"There is no image {image_id}.")
    if caller.is_admin:
        return row
    mine = campaign_images.c.campaign_id.in_(caller.labels | caller.reviews)
    if not await session.scalar(select(campaign_images.c.image_id).where(campaign_images.c.image_id == image_id, mine)):
        raise Forbidden("not_authorized", f"Image {image_id} is in no campaign of yours.")
    return row
