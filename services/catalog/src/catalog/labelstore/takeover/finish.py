"""What follows from rows that were taken over: totals, flags, the revision that counts, and the next ids."""

from catalog.labelstore.schema import SCHEMA as S

_SEQUENCES = tuple(
    f"select setval(pg_get_serial_sequence('{S}.{name}', 'id'), coalesce(max(id), 1), max(id) is not null)"
    f" from {S}.{name}"
    for name in ("image_sets", "images", "campaigns", "campaign_images", "submissions", "objects")
)
FINISH = (
    f"insert into {S}.totals (name, value) select 'images', count(*) from {S}.images"
    " on conflict (name) do update set value = excluded.value",
    f"update {S}.campaigns c set image_count = (select count(*) from {S}.campaign_images i where i.campaign_id = c.id)",
    f"update {S}.campaign_images i set submission_id = campaign_id, review = 'submitted'"
    f" where labeled or exists (select from {S}.objects o where o.campaign_image_id = i.id)",
    f"insert into {S}.revisions (campaign_image_id, submission_id)"
    f" select id, submission_id from {S}.campaign_images where submission_id is not null",
    f"update {S}.images i set labeled = true where exists"
    f" (select from {S}.campaign_images c where c.image_id = i.id and c.labeled)",
    f"update {S}.submissions s set at = coalesce("
    f"(select max(date_added) from {S}.objects o where o.submission_id = s.id), at)",
    *_SEQUENCES,
)
