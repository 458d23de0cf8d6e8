import pytest

from contracts.catalog.areas import ChangeCategory, CreateCategory, DeleteCategory, GetCategory, ListCategories
from contracts.catalog.datasets import CreateDataset
from kit.errors import NotFound
from kit.testing import ADMIN, Caller

pytestmark = pytest.mark.usefixtures("running")


@pytest.mark.spec("6.1", "GET /categories/, seeded, ordered by slug")
async def test_seeded_categories_are_listed_by_slug(caller: Caller):
    slugs = [row["slug"] for row in (await caller.ask(ListCategories()))["results"]]
    assert slugs == sorted(slugs)
    assert {"buildings", "solar-panels", "trees", "roads", "other"} <= set(slugs)


@pytest.mark.spec(
    "6.1", "POST /categories/, PATCH /categories/{slug}/, DELETE /categories/{slug}/, GET /categories/{slug}/"
)
@pytest.mark.spec("6.1", "id, slug, label, description, created_at, last_modified")
async def test_administrators_keep_the_list(caller: Caller):
    made = await caller.send(CreateCategory(slug="wells", label="Wells"), ADMIN)
    again = await caller.send(CreateCategory(slug="wells", label="Wells"), ADMIN)
    changed = await caller.send(ChangeCategory(slug="wells", description="Dug"), ADMIN)
    assert (made.http, again.code) == (201, "slug_taken")
    assert set(made.result) == {"id", "slug", "label", "description", "created_at", "last_modified"}
    assert (changed.result["label"], changed.result["description"]) == ("Wells", "Dug")
    assert (await caller.send(DeleteCategory(slug="wells"), ADMIN)).http == 204
    with pytest.raises(NotFound):
        await caller.ask(GetCategory(slug="wells"))


@pytest.mark.spec("6.1", "writes admin only")
@pytest.mark.parametrize("command", [CreateCategory(slug="mine", label="Mine"), DeleteCategory(slug="other"),
                                     ChangeCategory(slug="other", label="x")])  # fmt: skip
async def test_others_may_not(caller: Caller, command):
    assert (await caller.send(command)).code == "admins_only"


@pytest.mark.parametrize("bad", [{"slug": "a b"}, {"slug": "x" * 51}, {"label": " "}, {"label": "x" * 101}])
async def test_bad_category_is_refused(caller: Caller, bad):
    verdict = await caller.send(CreateCategory(**{"slug": "fine", "label": "Fine", **bad}), ADMIN)
    assert list(verdict.facts) == list(bad)


@pytest.mark.spec("6.1", "used category 409")
async def test_used_category_stays(caller: Caller):
    await caller.send(CreateCategory(slug="used", label="Used"), ADMIN)
    await caller.send(CreateDataset(title="D", source_imagery="https://t.example/{z}/{x}/{y}", category="used"))
    assert (await caller.send(DeleteCategory(slug="used"), ADMIN)).code == "category_in_use"
