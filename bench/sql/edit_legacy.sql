-- Users edit 10 % of the items on the legacy side, and the price of the 1 % that both sides edit.
UPDATE items SET price_cents = price_cents + 1, status = (status + 1) % 3, updated_at = now()
WHERE id % 10 = 3;
UPDATE items SET price_cents = price_cents + 10, updated_at = now()
WHERE id % 100 = 7;
ANALYZE items;
CHECKPOINT;
