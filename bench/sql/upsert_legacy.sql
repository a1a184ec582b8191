-- Bare staged upsert into the legacy side: the changed rows arrive on standard input.
CREATE TEMP TABLE staged (LIKE items);
\copy staged FROM pstdin
INSERT INTO items SELECT * FROM staged
ON CONFLICT (id) DO UPDATE
SET name = excluded.name, status = excluded.status, price_cents = excluded.price_cents,
    note = excluded.note, updated_at = excluded.updated_at, deleted_at = excluded.deleted_at;
