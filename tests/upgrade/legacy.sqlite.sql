PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE things (id integer primary key autoincrement, name text not null, status text not null, updated_at timestamptz not null);
INSERT INTO things VALUES(1,'one, platform','A','2026-11-27 07:19:27.143342+00');
INSERT INTO things VALUES(2,'two, platform','I','2026-11-27 07:19:27.390196+00');
INSERT INTO things VALUES(3,'three','X','2026-01-01 10:00:02+00');
INSERT INTO things VALUES(4,'four','A','2026-11-27 07:19:26.900997+00');
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
INSERT INTO atlas_bridge_witness VALUES('5d1c3d9e-5b0a-4c62-9d41-2f8e6a70b1c4',101,1,X'');
CREATE TABLE atlas_bridge_sequence (
  table_name TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
  first_free INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO atlas_bridge_sequence VALUES('things',5);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('things',4);
COMMIT;
