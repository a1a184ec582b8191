CREATE TABLE prices (
  id         uuid_text NOT NULL PRIMARY KEY,
  amount     decimal_text(10,2) NOT NULL,
  rate       decimal_text(10,2),
  updated_at timestamptz_text NOT NULL DEFAULT '2020-01-01'
);

CREATE TABLE parcels (
  id         uuid_text NOT NULL PRIMARY KEY,
  label      TEXT NOT NULL,
  fragile    INTEGER NOT NULL,
  cold       INTEGER NOT NULL,
  kilos      decimal_text(10,3) NOT NULL,
  updated_at timestamptz_text NOT NULL DEFAULT '2020-01-01'
);
