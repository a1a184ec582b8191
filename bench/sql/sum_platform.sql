-- The same line as sum_legacy.sql gives.
SELECT count(*), sum(hashtextextended(
         concat_ws('|', name, status, price_cents, note, deleted_at IS NULL), 0)::numeric)
FROM shop.as_legacy();
