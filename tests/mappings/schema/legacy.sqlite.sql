CREATE TABLE prices (
  id         INTEGER PRIMARY KEY,
  cents      INTEGER NOT NULL,
  rate       numeric(10,2),
  updated_at timestamp_text NOT NULL DEFAULT '2020-01-01'
);
