-- Changes of pgstac's items, as rows to be drained by the catalog service. NOTIFY only says that there are some.
-- Everything here may run again at any time.

create table if not exists public.fairway_item_changes (
    id uuid primary key default gen_random_uuid(),
    n bigint generated always as identity,
    txid xid8 not null default pg_current_xact_id(),
    collection text not null,
    item_id text not null,
    written boolean not null
);
create index if not exists fairway_item_changes_n on public.fairway_item_changes (n);

create or replace function public.fairway_item_changed() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if tg_op = 'DELETE' then
        insert into fairway_item_changes (collection, item_id, written) values (old.collection, old.id, false);
    else
        insert into fairway_item_changes (collection, item_id, written) values (new.collection, new.id, true);
    end if;
    perform pg_notify('fairway_stac', '');
    return null;
end $$;

-- Dropping a collection drops a partition, which fires no trigger of its rows.
create or replace function public.fairway_collection_deleted() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into fairway_item_changes (collection, item_id, written)
        select collection, id, false from pgstac.items where collection = old.id;
    perform pg_notify('fairway_stac', '');
    return old;
end $$;

do $$
begin
    if not exists (select from pg_trigger where tgname = 'a_fairway_changes' and tgrelid = 'pgstac.items'::regclass) then
        create trigger a_fairway_changes after insert or update or delete on pgstac.items
            for each row execute function public.fairway_item_changed();
    end if;
    -- "a_": before pgstac's own trigger, which drops the partition.
    if not exists (select from pg_trigger where tgname = 'a_fairway_deleted' and tgrelid = 'pgstac.collections'::regclass) then
        create trigger a_fairway_deleted before delete on pgstac.collections
            for each row execute function public.fairway_collection_deleted();
    end if;
end $$;
