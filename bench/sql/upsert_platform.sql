-- Bare staged upsert into the platform: the changed rows arrive on standard input.
CREATE TEMP TABLE staged (LIKE shop.items);
\copy staged FROM pstdin
INSERT INTO shop.items SELECT * FROM staged
ON CONFLICT (id) DO UPDATE
SET title = excluded.title, state = excluded.state, price = excluded.price, note = excluded.note,
    updated_at = excluded.updated_at, archived_at = excluded.archived_at;
