PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE atlas_bridge_meta (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO atlas_bridge_meta VALUES('schema',1);
CREATE TABLE atlas_bridge_tenant (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  uuid TEXT NOT NULL UNIQUE,
  hash_key BLOB NOT NULL,
  epoch INTEGER NOT NULL DEFAULT 0,
  next_batch INTEGER NOT NULL DEFAULT 1,
  lease_run INTEGER,
  lease_holder TEXT NOT NULL DEFAULT '',
  lease_until INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO atlas_bridge_tenant VALUES(1,'upgrade','5d1c3d9e-5b0a-4c62-9d41-2f8e6a70b1c4',X'73a621160409d17c18ef2536ea965d279644d6b7b3cf412b6c40aec8a473eb26',4,133,4,'host:1',1795763967319630);
CREATE TABLE atlas_bridge_run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant INTEGER NOT NULL,
  verb TEXT NOT NULL,
  outcome TEXT NOT NULL,
  holder TEXT NOT NULL,
  started INTEGER NOT NULL,
  finished INTEGER NOT NULL,
  report TEXT NOT NULL
) STRICT;
INSERT INTO atlas_bridge_run VALUES(1,1,'sync','done','host:1',1795763966650097,1795763966718544,'{"outcome":"done","run":1,"epoch":1,"took_ms":126,"clock_offset_us":0,"recovered":0,"total":{"captured":7,"echo":2,"merged":2,"parked":0,"decided":3,"created_legacy":0,"created_platform":2,"updated_legacy":0,"updated_platform":0,"deleted_legacy":0,"deleted_platform":0,"revived_legacy":0,"revived_platform":0,"adopted":0,"deferred":0,"conflicts":0,"conflicts_held":0,"base_unknown":0,"rows_written":2,"applied":2,"unchanged":0,"filtered":0,"held":0,"quarantined":1,"waiting":0,"stale":0,"left":0,"suspected_delete":0,"drift":0,"legacy_user_writes":0},"entities":{"thing":{"captured":7,"echo":2,"merged":2,"parked":0,"decided":3,"created_legacy":0,"created_platform":2,"updated_legacy":0,"updated_platform":0,"deleted_legacy":0,"deleted_platform":0,"revived_legacy":0,"revived_platform":0,"adopted":0,"deferred":0,"conflicts":0,"conflicts_held":0,"base_unknown":0,"rows_written":2,"applied":2,"unchanged":0,"filtered":0,"held":0,"quarantined":1,"waiting":0,"stale":0,"left":0,"suspected_delete":0,"drift":0,"legacy_user_writes":0}}}');
INSERT INTO atlas_bridge_run VALUES(2,1,'sync','done','host:1',1795763966824975,1795763966910592,'{"outcome":"done","run":2,"epoch":2,"took_ms":86,"clock_offset_us":0,"recovered":0,"total":{"captured":3,"echo":2,"merged":0,"parked":0,"decided":1,"created_legacy":1,"created_platform":0,"updated_legacy":0,"updated_platform":0,"deleted_legacy":0,"deleted_platform":0,"revived_legacy":0,"revived_platform":0,"adopted":0,"deferred":0,"conflicts":0,"conflicts_held":0,"base_unknown":0,"rows_written":1,"applied":1,"unchanged":0,"filtered":0,"held":0,"quarantined":0,"waiting":0,"stale":0,"left":0,"suspected_delete":0,"drift":0,"legacy_user_writes":0},"entities":{"thing":{"captured":3,"echo":2,"merged":0,"parked":0,"decided":1,"created_legacy":1,"created_platform":0,"updated_legacy":0,"updated_platform":0,"deleted_legacy":0,"deleted_platform":0,"revived_legacy":0,"revived_platform":0,"adopted":0,"deferred":0,"conflicts":0,"conflicts_held":0,"base_unknown":0,"rows_written":1,"applied":1,"unchanged":0,"filtered":0,"held":0,"quarantined":0,"waiting":0,"stale":0,"left":0,"suspected_delete":0,"drift":0,"legacy_user_writes":0}}}');
INSERT INTO atlas_bridge_run VALUES(3,1,'sync','done','host:1',1795763967087812,1795763967154451,'{"outcome":"done","run":3,"epoch":3,"took_ms":68,"clock_offset_us":0,"recovered":0,"total":{"captured":5,"echo":4,"merged":0,"parked":0,"decided":1,"created_legacy":0,"created_platform":0,"updated_legacy":1,"updated_platform":0,"deleted_legacy":0,"deleted_platform":0,"revived_legacy":0,"revived_platform":0,"adopted":0,"deferred":0,"conflicts":1,"conflicts_held":0,"base_unknown":0,"rows_written":1,"applied":1,"unchanged":0,"filtered":0,"held":0,"quarantined":0,"waiting":0,"stale":0,"left":0,"suspected_delete":0,"drift":0,"legacy_user_writes":0},"entities":{"thing":{"captured":5,"echo":4,"merged":0,"parked":0,"decided":1,"created_legacy":0,"created_platform":0,"updated_legacy":1,"updated_platform":0,"deleted_legacy":0,"deleted_platform":0,"revived_legacy":0,"revived_platform":0,"adopted":0,"deferred":0,"conflicts":1,"conflicts_held":0,"base_unknown":0,"rows_written":1,"applied":1,"unchanged":0,"filtered":0,"held":0,"quarantined":0,"waiting":0,"stale":0,"left":0,"suspected_delete":0,"drift":0,"legacy_user_writes":0}}}');
INSERT INTO atlas_bridge_run VALUES(4,1,'','running','host:1',1795763967319630,0,'');
CREATE TABLE atlas_bridge_entity (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  legacy_key TEXT NOT NULL,
  platform_key TEXT NOT NULL,
  UNIQUE (name, legacy_key, platform_key)
) STRICT;
INSERT INTO atlas_bridge_entity VALUES(1,'thing','int','uuid');
CREATE TABLE atlas_bridge_kind (
  entity INTEGER NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (entity, number)
) STRICT, WITHOUT ROWID;
INSERT INTO atlas_bridge_kind VALUES(1,0,'things');
CREATE TABLE atlas_bridge_layout (
  entity INTEGER NOT NULL,
  layout INTEGER NOT NULL,
  role INTEGER NOT NULL,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  fingerprint INTEGER NOT NULL,
  PRIMARY KEY (entity, layout, role, position)
) STRICT, WITHOUT ROWID;
INSERT INTO atlas_bridge_layout VALUES(1,0,0,0,'things',0);
INSERT INTO atlas_bridge_layout VALUES(1,0,1,0,'legacy',0);
INSERT INTO atlas_bridge_layout VALUES(1,0,1,1,'t',0);
INSERT INTO atlas_bridge_layout VALUES(1,0,2,0,'name',1765446072055067783);
INSERT INTO atlas_bridge_layout VALUES(1,0,2,1,'status',6897312447695931318);
CREATE TABLE atlas_bridge_cursor (
  tenant INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  source TEXT NOT NULL,
  swept INTEGER NOT NULL,
  has_stamp INTEGER NOT NULL,
  stamp INTEGER NOT NULL,
  key BLOB NOT NULL,
  sweep_floor INTEGER NOT NULL,
  PRIMARY KEY (tenant, entity, source)
) STRICT, WITHOUT ROWID;
INSERT INTO atlas_bridge_cursor VALUES(1,1,'sweep t',0,1,1795763966681990,X'',0);
INSERT INTO atlas_bridge_cursor VALUES(1,1,'sweep things',0,1,1795763966681990,X'',0);
INSERT INTO atlas_bridge_cursor VALUES(1,1,'t',1,1,1795763367151561,X'',1795763366709924);
INSERT INTO atlas_bridge_cursor VALUES(1,1,'things',1,1,1795763367128686,X'',1795763366682630);
CREATE TABLE atlas_bridge_pending (
  tenant INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  side INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  key BLOB NOT NULL,
  state INTEGER NOT NULL,
  code INTEGER NOT NULL,
  reason TEXT NOT NULL,
  field TEXT NOT NULL,
  blocker TEXT NOT NULL,
  fingerprint INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  since INTEGER NOT NULL,
  retry_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, entity, side, kind, key)
) STRICT, WITHOUT ROWID;
INSERT INTO atlas_bridge_pending VALUES(1,1,0,0,X'208000000000000003',4,3001,'status on legacy: no entry for this code','status','',-8021934827528173141,0,1795763966681990,1795764026681990);
CREATE TABLE atlas_bridge_candidate (
  tenant INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  side INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  key BLOB NOT NULL,
  match INTEGER NOT NULL,
  PRIMARY KEY (tenant, entity, side, kind, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE atlas_bridge_conflict (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  side INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  key BLOB NOT NULL,
  platform_key BLOB NOT NULL,
  field TEXT NOT NULL,
  legacy_value TEXT NOT NULL,
  platform_value TEXT NOT NULL,
  winner TEXT NOT NULL,
  reason TEXT NOT NULL,
  open INTEGER NOT NULL,
  legacy_token INTEGER NOT NULL,
  legacy_stamp INTEGER NOT NULL,
  platform_token INTEGER NOT NULL,
  platform_stamp INTEGER NOT NULL,
  at INTEGER NOT NULL,
  resolved_by TEXT NOT NULL
) STRICT;
INSERT INTO atlas_bridge_conflict VALUES(1,1,1,0,0,X'208000000000000001',X'5042e373535b025950b9876329a4aecb98','name','one, legacy','one, platform','platform','newest: legacy 2027-01-02 10:00:00+00, platform 2027-01-02 11:00:00+00',0,-4191713525541113108,1795763967143342,2794710942420704608,1798887600000000,1795763967128037,'');
CREATE TABLE atlas_bridge_intent (
  tenant INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  endpoint TEXT NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (tenant, batch)
) STRICT, WITHOUT ROWID;
INSERT INTO atlas_bridge_intent VALUES(1,101,1,'legacy.main',X'0102046e616d650673746174757301000009208000000000000002115019883d76ae5859d7892337f5e25f20fd00000100e8cf51136406000000000000000000010079e6060434548b8f01046e616d650b74776f2c206c65676163790d74776f2c20706c6174666f726d08706c6174666f726d466e65776573743a206c656761637920323032372d30312d30322031303a30303a30302b30302c20706c6174666f726d20323032372d30312d30322031313a30303a30302b3030e2c32542e9404ebf00e8cf51136406001d43cb381b7cf2ba008c632814640600b13260e13c610600');
CREATE TABLE atlas_bridge_note (
  tenant INTEGER NOT NULL,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;
INSERT INTO atlas_bridge_note VALUES(1,'check','d1bb03a987db00075adb56d45fb0b98a');
INSERT INTO atlas_bridge_note VALUES(1,'fence legacy.main','4');
INSERT INTO atlas_bridge_note VALUES(1,'fence platform.core','4');
CREATE TABLE atlas_bridge_link_1 (tenant INTEGER NOT NULL, kind INTEGER NOT NULL, l1 INTEGER NOT NULL, p1 BLOB NOT NULL, match INTEGER, batch INTEGER NOT NULL, doc BLOB NOT NULL, PRIMARY KEY (tenant, kind, l1)) STRICT, WITHOUT ROWID;
INSERT INTO atlas_bridge_link_1 VALUES(1,0,1,X'42e373535b025950b9876329a4aecb98',NULL,68,X'010000000275ece5afaf9dd882eac501dcb6e5959ccfb006a4e99987ceb50171e0ba88e7b8d9b3e42680b09c868585b20600020363bea899300d273bdf562762a58cca3b86ecec7f');
INSERT INTO atlas_bridge_link_1 VALUES(1,0,2,X'19883d76ae5859d7892337f5e25f20fd',NULL,2,X'010000000271d19be5e1d99cb6d32880a99fff94d4a3060035bdd3ece2bca392c32e9488af959ccfb006020304a80cd732d95050c88f9968336a06a3c63ed158');
INSERT INTO atlas_bridge_link_1 VALUES(1,0,4,X'00000000000040008000000000000001',NULL,35,X'010000000235a3cec5cfc5bad0d82d8aecc7959ccfb00671eca0a1f2e982d3a90680a0c4bfe6ffb106000203ab613d12c20f545adf562762a58cca3bd68b68c9');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('atlas_bridge_run',4);
INSERT INTO sqlite_sequence VALUES('atlas_bridge_conflict',1);
CREATE INDEX atlas_bridge_run_tenant ON atlas_bridge_run (tenant, id);
CREATE INDEX atlas_bridge_candidate_match
  ON atlas_bridge_candidate (tenant, entity, side, match);
CREATE UNIQUE INDEX atlas_bridge_conflict_open
  ON atlas_bridge_conflict (tenant, entity, side, kind, key, field) WHERE open = 1;
CREATE INDEX atlas_bridge_conflict_entity ON atlas_bridge_conflict (tenant, entity, id);
CREATE UNIQUE INDEX atlas_bridge_link_1_platform ON atlas_bridge_link_1 (tenant, p1);
CREATE INDEX atlas_bridge_link_1_match ON atlas_bridge_link_1 (tenant, match) WHERE match IS NOT NULL;
COMMIT;
