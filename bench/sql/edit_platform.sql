-- Users edit another 10 % of the items on the platform, and later than on the legacy side the
-- price of the 1 % that both sides edit. A title ends in its item's number.
UPDATE shop.items SET title = 'Neu: ' || title, note = 'p' || substr(note, 2), updated_at = now()
WHERE title LIKE '%6';
UPDATE shop.items SET price = price + 50000, updated_at = now()
WHERE title LIKE '%07';
ANALYZE shop.items;
CHECKPOINT;
