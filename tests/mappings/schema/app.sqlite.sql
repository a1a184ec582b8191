CREATE TABLE prices (
  id         uuid_text NOT NULL PRIMARY KEY,
  amount     decimal_text(10,2) NOT NULL,
  rate       decimal_text(10,2),
  updated_at timestamptz_text NOT NULL DEFAULT '2020-01-01'
);
