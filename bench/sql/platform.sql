-- The platform's side: UUIDs, exact decimals, text enums, instants.
CREATE SCHEMA shop;

CREATE TABLE shop.items (
  id          uuid          PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id   uuid          NOT NULL,
  title       text          NOT NULL,
  state       text          NOT NULL CHECK (state IN ('draft', 'active', 'retired')),
  price       numeric(12,2) NOT NULL,
  note        text          NOT NULL,
  updated_at  timestamptz   NOT NULL DEFAULT now(),
  archived_at timestamptz
);
CREATE INDEX items_updated_at_idx ON shop.items (updated_at, id);

-- The inverse of the legacy side's uuid_of.
CREATE FUNCTION shop.id_of(id uuid) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN ('x' || right(id::text, 8))::bit(32)::integer;

-- The items stamped later than `since`, as the legacy side spells them.
CREATE FUNCTION shop.as_legacy(since timestamptz DEFAULT '-infinity')
RETURNS TABLE (id integer, tenant_id integer, name text, status smallint, price_cents integer,
               note text, updated_at timestamp, deleted_at timestamp)
LANGUAGE sql STABLE AS $$
  SELECT shop.id_of(id),
         42,
         title,
         (CASE state WHEN 'draft' THEN 0 WHEN 'active' THEN 1 WHEN 'retired' THEN 2 END)::smallint,
         (price * 100)::integer,
         note,
         updated_at AT TIME ZONE 'Europe/Berlin',
         archived_at AT TIME ZONE 'Europe/Berlin'
  FROM shop.items
  WHERE updated_at > since
$$;
