-- Fills the legacy side with :rows items of about 223 bytes each, stamped over the last 30 days.
INSERT INTO items (tenant_id, name, status, price_cents, note, updated_at)
SELECT 42,
       (ARRAY['Schreibtisch', 'Stuhl', 'Bücherregal', 'Lampe', 'Größe M', 'Teppich'])[n % 6 + 1]
         || ' ' || n,
       n % 3,
       100 + (n::bigint * 7919 % 1000000)::integer,
       substr(repeat(md5(n::text), 5), 1, 116 + n % 31),
       now() - interval '30 days' + n * (interval '29 days' / :rows)
FROM generate_series(1, :rows) AS n;
VACUUM ANALYZE items;
CHECKPOINT;
