"""Bodies that create and change a banner."""

from contracts.notify import banners as c
from gateway.http.inputs.fields import Body


class BannerTimes(Body):
    """Omitted members keep their value; an `end_date` of null removes the end."""

    start_date: c.Moment | None = None
    end_date: c.Moment | None = None

    def change(self, banner_id: int) -> c.ChangeBanner:
        endless = "end_date" in self.model_fields_set and self.end_date is None
        return c.ChangeBanner(banner_id=banner_id, endless=endless, **self.model_dump())


class BannerBody(BannerTimes):
    """A new banner without `start_date` starts now."""

    message: c.Words


class BannerPatch(BannerTimes):
    message: c.Words | None = None
