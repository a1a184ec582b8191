PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE things (id uuid not null primary key, name text not null, status text not null, updated_at timestamptz not null);
INSERT INTO things VALUES('19883d76-ae58-59d7-8923-37f5e25f20fd','two, platform','inactive','2027-01-02 11:00:00+00');
INSERT INTO things VALUES('42e37353-5b02-5950-b987-6329a4aecb98','one, platform','active','2027-01-02 11:00:00+00');
INSERT INTO things VALUES('00000000-0000-4000-8000-000000000001','four','active','2027-01-01 10:00:00+00');
CREATE TABLE atlas_bridge_fence (
  tenant TEXT NOT NULL PRIMARY KEY,
  epoch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO atlas_bridge_fence VALUES('5d1c3d9e-5b0a-4c62-9d41-2f8e6a70b1c4',4);
CREATE TABLE atlas_bridge_witness (
  tenant TEXT NOT NULL,
  batch INTEGER NOT NULL,
  applied INTEGER NOT NULL,
  unapplied BLOB NOT NULL DEFAULT x'',
  PRIMARY KEY (tenant, batch)
) STRICT, WITHOUT ROWID;
CREATE TABLE atlas_bridge_sequence (
  table_name TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
  first_free INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
COMMIT;
