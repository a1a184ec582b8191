CREATE TABLE prices (
  id         INTEGER PRIMARY KEY,
  cents      INTEGER NOT NULL,
  rate       numeric(10,2),
  updated_at timestamp_text NOT NULL DEFAULT '2020-01-01'
);

CREATE TABLE parcels (
  id         INTEGER PRIMARY KEY,
  label      TEXT NOT NULL,
  flags      INTEGER NOT NULL,
  grams      INTEGER NOT NULL,
  updated_at timestamp_text NOT NULL DEFAULT '2020-01-01'
);
