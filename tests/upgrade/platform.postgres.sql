
-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--

CREATE SCHEMA atlas_bridge;

SET default_tablespace = '';

SET default_table_access_method = heap;

--

CREATE TABLE atlas_bridge.candidate (
    entity integer NOT NULL,
    side smallint NOT NULL,
    kind smallint NOT NULL,
    key bytea NOT NULL,
    match bigint NOT NULL
);

--

CREATE TABLE atlas_bridge.conflict (
    id bigint NOT NULL,
    entity integer NOT NULL,
    side smallint NOT NULL,
    kind smallint NOT NULL,
    key bytea NOT NULL,
    platform_key bytea NOT NULL,
    field text NOT NULL,
    legacy_value text NOT NULL,
    platform_value text NOT NULL,
    winner text NOT NULL,
    reason text NOT NULL,
    open boolean NOT NULL,
    legacy_token bigint NOT NULL,
    legacy_stamp bigint NOT NULL,
    platform_token bigint NOT NULL,
    platform_stamp bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    resolved_by text NOT NULL
);

--

ALTER TABLE atlas_bridge.conflict ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME atlas_bridge.conflict_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--

CREATE TABLE atlas_bridge.cursor (
    entity integer NOT NULL,
    source text NOT NULL,
    swept boolean NOT NULL,
    has_stamp boolean NOT NULL,
    stamp bigint NOT NULL,
    key bytea NOT NULL,
    sweep_floor bigint NOT NULL
)
WITH (fillfactor='50');

--

CREATE TABLE atlas_bridge.entity (
    id integer NOT NULL,
    tenant integer NOT NULL,
    name text NOT NULL,
    legacy_key text[] NOT NULL,
    platform_key text[] NOT NULL,
    kinds text[] NOT NULL
);

--

ALTER TABLE atlas_bridge.entity ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME atlas_bridge.entity_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--

CREATE TABLE atlas_bridge.fence (
    tenant text NOT NULL,
    epoch bigint NOT NULL
);

--

CREATE TABLE atlas_bridge.intent (
    tenant integer NOT NULL,
    number bigint NOT NULL,
    entity integer NOT NULL,
    endpoint text NOT NULL,
    payload bytea NOT NULL
);
ALTER TABLE ONLY atlas_bridge.intent ALTER COLUMN payload SET STORAGE EXTERNAL;

--

CREATE TABLE atlas_bridge.layout (
    entity integer NOT NULL,
    number integer NOT NULL,
    kinds text[] NOT NULL,
    parts text[] NOT NULL,
    fields text[] NOT NULL,
    fingerprints bigint[] NOT NULL
);

--

CREATE TABLE atlas_bridge.lease (
    tenant integer NOT NULL,
    epoch bigint NOT NULL,
    run bigint,
    holder text NOT NULL,
    until timestamp with time zone
);

--

CREATE TABLE atlas_bridge.link_1 (
    kind smallint NOT NULL,
    l0 integer NOT NULL,
    p0 uuid NOT NULL,
    batch bigint NOT NULL,
    match bigint,
    doc bytea NOT NULL
)
WITH (fillfactor='80');
ALTER TABLE ONLY atlas_bridge.link_1 ALTER COLUMN doc SET STORAGE EXTERNAL;

--

CREATE TABLE atlas_bridge.migration (
    version integer NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

--

CREATE TABLE atlas_bridge.note (
    tenant integer NOT NULL,
    name text NOT NULL,
    content text NOT NULL
);

--

CREATE TABLE atlas_bridge.pending (
    entity integer NOT NULL,
    side smallint NOT NULL,
    kind smallint NOT NULL,
    key bytea NOT NULL,
    state smallint NOT NULL,
    code integer NOT NULL,
    reason text NOT NULL,
    field text NOT NULL,
    blocker text NOT NULL,
    fingerprint bigint NOT NULL,
    attempts integer NOT NULL,
    since timestamp with time zone NOT NULL,
    retry_at timestamp with time zone NOT NULL
)
WITH (fillfactor='80');

--

CREATE TABLE atlas_bridge.run (
    id bigint NOT NULL,
    tenant integer NOT NULL,
    verb text NOT NULL,
    outcome text NOT NULL,
    holder text NOT NULL,
    started timestamp with time zone NOT NULL,
    finished timestamp with time zone,
    report text DEFAULT ''::text NOT NULL
);

--

ALTER TABLE atlas_bridge.run ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME atlas_bridge.run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--

CREATE TABLE atlas_bridge.tenant (
    id integer NOT NULL,
    name text NOT NULL,
    uuid text NOT NULL,
    hash_key bytea NOT NULL,
    batches bigint DEFAULT 0 NOT NULL
);

--

ALTER TABLE atlas_bridge.tenant ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME atlas_bridge.tenant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--

CREATE TABLE atlas_bridge.witness (
    tenant text NOT NULL,
    batch bigint NOT NULL,
    ordinal integer NOT NULL,
    key bytea
);

--

CREATE TABLE public.things (
    id uuid NOT NULL,
    name text NOT NULL,
    status text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

--

--

INSERT INTO atlas_bridge.conflict OVERRIDING SYSTEM VALUE VALUES (1, 1, 0, 0, '\x208000000000000001', '\x5042e373535b025950b9876329a4aecb98', 'name', 'one, legacy', 'one, platform', 'platform', 'newest: legacy 2027-01-02 10:00:00+00, platform 2027-01-02 11:00:00+00', false, 775, 1795763973122812, 763, 1798887600000000, '2026-11-27 07:19:33.116267+00', '');

--

INSERT INTO atlas_bridge.cursor VALUES (1, 'sweep things', false, true, 1795763972675625, '\x', 0);
INSERT INTO atlas_bridge.cursor VALUES (1, 'sweep t', false, true, 1795763972675625, '\x', 0);
INSERT INTO atlas_bridge.cursor VALUES (1, 'things', true, true, 1795763373117334, '\x', 1795763372677165);
INSERT INTO atlas_bridge.cursor VALUES (1, 't', true, true, 1795763373126384, '\x', 1795763372701855);

--

INSERT INTO atlas_bridge.entity OVERRIDING SYSTEM VALUE VALUES (1, 1, 'thing', '{int4}', '{uuid}', '{things}');

--

INSERT INTO atlas_bridge.fence VALUES ('5d1c3d9e-5b0a-4c62-9d41-2f8e6a70b1c4', 4);

--

INSERT INTO atlas_bridge.intent VALUES (1, 101, 1, 'legacy.main', '\x0102046e616d650673746174757301000009208000000000000002115019883d76ae5859d7892337f5e25f20fd00000100e8cf5113640600000000000000000001007a0c3edc84735f1801046e616d650b74776f2c206c65676163790d74776f2c20706c6174666f726d08706c6174666f726d466e65776573743a206c656761637920323032372d30312d30322031303a30303a30302b30302c20706c6174666f726d20323032372d30312d30322031313a30303a30302b30300b0300000000000000e8cf51136406000c03000000000000008c63281464060020ddb9e13c610600');

--

INSERT INTO atlas_bridge.layout VALUES (1, 1, '{things}', '{legacy,t}', '{name,status}', '{1765446072055067783,6897312447695931318}');

--

INSERT INTO atlas_bridge.lease VALUES (1, 4, 4, 'host:1', '2026-11-27 07:19:33.248266+00');

--

INSERT INTO atlas_bridge.link_1 VALUES (0, 2, '19883d76-ae58-59d7-8923-37f5e25f20fd', 2, NULL, '\x010100000271d60580a99fff94d4a3060035e605b2c0899b9ccfb00602038b5d98f216e5cf160f1acb431db8b3104ecabb6b');
INSERT INTO atlas_bridge.link_1 VALUES (0, 4, '00000000-0000-4000-8000-000000000001', 35, NULL, '\x010100000235f605908fa79b9ccfb00671ea0580a0c4bfe6ffb106000203d6427f2603dbf25ce074f5d78cbbf56466118f42');
INSERT INTO atlas_bridge.link_1 VALUES (0, 1, '42e37353-5b02-5950-b987-6329a4aecb98', 68, NULL, '\x0101000002758706f8abbf9b9ccfb00688f4bf81ceb50171fb0580b09c868585b20600020311d1c60e03d0d1d1e074f5d78cbbf5641e158c3f');

--

INSERT INTO atlas_bridge.migration VALUES (1, '2026-11-27 07:19:32.472746+00');
INSERT INTO atlas_bridge.migration VALUES (2, '2026-11-27 07:19:32.472746+00');

--

INSERT INTO atlas_bridge.note VALUES (1, 'check', 'a7cc358ba57679c4fd7a5d1c2f024b88');
INSERT INTO atlas_bridge.note VALUES (1, 'fence legacy.main', '4');
INSERT INTO atlas_bridge.note VALUES (1, 'fence platform.core', '4');

--

INSERT INTO atlas_bridge.pending VALUES (1, 0, 0, '\x208000000000000003', 4, 3001, 'status on legacy: no entry for this code', 'status', '', -3402219573849672691, 0, '2026-11-27 07:19:32.675625+00', '2026-11-27 07:20:32.675625+00');

--

INSERT INTO atlas_bridge.run OVERRIDING SYSTEM VALUE VALUES (1, 1, 'sync', 'done', 'host:1', '2026-11-27 07:19:32.652836+00', '2026-11-27 07:19:32.708106+00', '{"outcome":"done","run":1,"epoch":1,"took_ms":117,"clock_offset_us":0,"recovered":0,"total":{"captured":7,"echo":4,"merged":0,"parked":0,"decided":3,"created_legacy":0,"created_platform":2,"updated_legacy":0,"updated_platform":0,"deleted_legacy":0,"deleted_platform":0,"revived_legacy":0,"revived_platform":0,"adopted":0,"deferred":0,"conflicts":0,"conflicts_held":0,"base_unknown":0,"rows_written":2,"applied":2,"unchanged":0,"filtered":0,"held":0,"quarantined":1,"waiting":0,"stale":0,"left":0,"suspected_delete":0,"drift":0,"legacy_user_writes":0},"entities":{"thing":{"captured":7,"echo":4,"merged":0,"parked":0,"decided":3,"created_legacy":0,"created_platform":2,"updated_legacy":0,"updated_platform":0,"deleted_legacy":0,"deleted_platform":0,"revived_legacy":0,"revived_platform":0,"adopted":0,"deferred":0,"conflicts":0,"conflicts_held":0,"base_unknown":0,"rows_written":2,"applied":2,"unchanged":0,"filtered":0,"held":0,"quarantined":1,"waiting":0,"stale":0,"left":0,"suspected_delete":0,"drift":0,"legacy_user_writes":0}}}');
INSERT INTO atlas_bridge.run OVERRIDING SYSTEM VALUE VALUES (2, 1, 'sync', 'done', 'host:1', '2026-11-27 07:19:32.9141+00', '2026-11-27 07:19:32.927199+00', '{"outcome":"done","run":2,"epoch":2,"took_ms":54,"clock_offset_us":0,"recovered":0,"total":{"captured":3,"echo":2,"merged":0,"parked":0,"decided":1,"created_legacy":1,"created_platform":0,"updated_legacy":0,"updated_platform":0,"deleted_legacy":0,"deleted_platform":0,"revived_legacy":0,"revived_platform":0,"adopted":0,"deferred":0,"conflicts":0,"conflicts_held":0,"base_unknown":0,"rows_written":1,"applied":1,"unchanged":0,"filtered":0,"held":0,"quarantined":0,"waiting":0,"stale":0,"left":0,"suspected_delete":0,"drift":0,"legacy_user_writes":0},"entities":{"thing":{"captured":3,"echo":2,"merged":0,"parked":0,"decided":1,"created_legacy":1,"created_platform":0,"updated_legacy":0,"updated_platform":0,"deleted_legacy":0,"deleted_platform":0,"revived_legacy":0,"revived_platform":0,"adopted":0,"deferred":0,"conflicts":0,"conflicts_held":0,"base_unknown":0,"rows_written":1,"applied":1,"unchanged":0,"filtered":0,"held":0,"quarantined":0,"waiting":0,"stale":0,"left":0,"suspected_delete":0,"drift":0,"legacy_user_writes":0}}}');
INSERT INTO atlas_bridge.run OVERRIDING SYSTEM VALUE VALUES (3, 1, 'sync', 'done', 'host:1', '2026-11-27 07:19:33.114182+00', '2026-11-27 07:19:33.130338+00', '{"outcome":"done","run":3,"epoch":3,"took_ms":28,"clock_offset_us":0,"recovered":0,"total":{"captured":5,"echo":4,"merged":0,"parked":0,"decided":1,"created_legacy":0,"created_platform":0,"updated_legacy":1,"updated_platform":0,"deleted_legacy":0,"deleted_platform":0,"revived_legacy":0,"revived_platform":0,"adopted":0,"deferred":0,"conflicts":1,"conflicts_held":0,"base_unknown":0,"rows_written":1,"applied":1,"unchanged":0,"filtered":0,"held":0,"quarantined":0,"waiting":0,"stale":0,"left":0,"suspected_delete":0,"drift":0,"legacy_user_writes":0},"entities":{"thing":{"captured":5,"echo":4,"merged":0,"parked":0,"decided":1,"created_legacy":0,"created_platform":0,"updated_legacy":1,"updated_platform":0,"deleted_legacy":0,"deleted_platform":0,"revived_legacy":0,"revived_platform":0,"adopted":0,"deferred":0,"conflicts":1,"conflicts_held":0,"base_unknown":0,"rows_written":1,"applied":1,"unchanged":0,"filtered":0,"held":0,"quarantined":0,"waiting":0,"stale":0,"left":0,"suspected_delete":0,"drift":0,"legacy_user_writes":0}}}');
INSERT INTO atlas_bridge.run OVERRIDING SYSTEM VALUE VALUES (4, 1, 'sync', 'running', 'host:1', '2026-11-27 07:19:33.248238+00', NULL, '');

--

INSERT INTO atlas_bridge.tenant OVERRIDING SYSTEM VALUE VALUES (1, 'upgrade', '5d1c3d9e-5b0a-4c62-9d41-2f8e6a70b1c4', '\x07067ed729e0d9cb6c0d5311c34147c1681104d1ca83f00e36a1be82ffbb9654', 132);

--

--

INSERT INTO public.things VALUES ('00000000-0000-4000-8000-000000000001', 'four', 'active', '2027-01-01 10:00:00+00');
INSERT INTO public.things VALUES ('42e37353-5b02-5950-b987-6329a4aecb98', 'one, platform', 'active', '2027-01-02 11:00:00+00');
INSERT INTO public.things VALUES ('19883d76-ae58-59d7-8923-37f5e25f20fd', 'two, platform', 'inactive', '2027-01-02 11:00:00+00');

--

SELECT pg_catalog.setval('atlas_bridge.conflict_id_seq', 1, true);

--

SELECT pg_catalog.setval('atlas_bridge.entity_id_seq', 1, true);

--

SELECT pg_catalog.setval('atlas_bridge.run_id_seq', 4, true);

--

SELECT pg_catalog.setval('atlas_bridge.tenant_id_seq', 1, true);

--

ALTER TABLE ONLY atlas_bridge.candidate
    ADD CONSTRAINT candidate_pkey PRIMARY KEY (entity, side, kind, key);

--

ALTER TABLE ONLY atlas_bridge.conflict
    ADD CONSTRAINT conflict_pkey PRIMARY KEY (id);

--

ALTER TABLE ONLY atlas_bridge.cursor
    ADD CONSTRAINT cursor_pkey PRIMARY KEY (entity, source);

--

ALTER TABLE ONLY atlas_bridge.entity
    ADD CONSTRAINT entity_pkey PRIMARY KEY (id);

--

ALTER TABLE ONLY atlas_bridge.entity
    ADD CONSTRAINT entity_tenant_name_key UNIQUE (tenant, name);

--

ALTER TABLE ONLY atlas_bridge.fence
    ADD CONSTRAINT fence_pkey PRIMARY KEY (tenant);

--

ALTER TABLE ONLY atlas_bridge.intent
    ADD CONSTRAINT intent_pkey PRIMARY KEY (tenant, number);

--

ALTER TABLE ONLY atlas_bridge.layout
    ADD CONSTRAINT layout_pkey PRIMARY KEY (entity, number);

--

ALTER TABLE ONLY atlas_bridge.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (tenant);

--

ALTER TABLE ONLY atlas_bridge.link_1
    ADD CONSTRAINT link_1_p0_key UNIQUE (p0);

--

ALTER TABLE ONLY atlas_bridge.link_1
    ADD CONSTRAINT link_1_pkey PRIMARY KEY (kind, l0);

--

ALTER TABLE ONLY atlas_bridge.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (version);

--

ALTER TABLE ONLY atlas_bridge.note
    ADD CONSTRAINT note_pkey PRIMARY KEY (tenant, name);

--

ALTER TABLE ONLY atlas_bridge.pending
    ADD CONSTRAINT pending_pkey PRIMARY KEY (entity, side, kind, key);

--

ALTER TABLE ONLY atlas_bridge.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (id);

--

ALTER TABLE ONLY atlas_bridge.tenant
    ADD CONSTRAINT tenant_name_key UNIQUE (name);

--

ALTER TABLE ONLY atlas_bridge.tenant
    ADD CONSTRAINT tenant_pkey PRIMARY KEY (id);

--

ALTER TABLE ONLY atlas_bridge.tenant
    ADD CONSTRAINT tenant_uuid_key UNIQUE (uuid);

--

ALTER TABLE ONLY atlas_bridge.witness
    ADD CONSTRAINT witness_pkey PRIMARY KEY (tenant, batch, ordinal);

--

ALTER TABLE ONLY public.things
    ADD CONSTRAINT things_pkey PRIMARY KEY (id);

--

CREATE INDEX candidate_match ON atlas_bridge.candidate USING btree (match, entity, side);

--

CREATE INDEX conflict_entity ON atlas_bridge.conflict USING btree (entity, id);

--

CREATE UNIQUE INDEX conflict_open ON atlas_bridge.conflict USING btree (entity, side, kind, key, field) WHERE open;

--

CREATE INDEX link_1_match_idx ON atlas_bridge.link_1 USING btree (match) WHERE (match IS NOT NULL);

--

CREATE INDEX run_tenant ON atlas_bridge.run USING btree (tenant, id);

--

ALTER TABLE ONLY atlas_bridge.candidate
    ADD CONSTRAINT candidate_entity_fkey FOREIGN KEY (entity) REFERENCES atlas_bridge.entity(id);

--

ALTER TABLE ONLY atlas_bridge.conflict
    ADD CONSTRAINT conflict_entity_fkey FOREIGN KEY (entity) REFERENCES atlas_bridge.entity(id);

--

ALTER TABLE ONLY atlas_bridge.cursor
    ADD CONSTRAINT cursor_entity_fkey FOREIGN KEY (entity) REFERENCES atlas_bridge.entity(id);

--

ALTER TABLE ONLY atlas_bridge.entity
    ADD CONSTRAINT entity_tenant_fkey FOREIGN KEY (tenant) REFERENCES atlas_bridge.tenant(id);

--

ALTER TABLE ONLY atlas_bridge.intent
    ADD CONSTRAINT intent_tenant_fkey FOREIGN KEY (tenant) REFERENCES atlas_bridge.tenant(id);

--

ALTER TABLE ONLY atlas_bridge.layout
    ADD CONSTRAINT layout_entity_fkey FOREIGN KEY (entity) REFERENCES atlas_bridge.entity(id);

--

ALTER TABLE ONLY atlas_bridge.lease
    ADD CONSTRAINT lease_tenant_fkey FOREIGN KEY (tenant) REFERENCES atlas_bridge.tenant(id);

--

ALTER TABLE ONLY atlas_bridge.note
    ADD CONSTRAINT note_tenant_fkey FOREIGN KEY (tenant) REFERENCES atlas_bridge.tenant(id);

--

ALTER TABLE ONLY atlas_bridge.pending
    ADD CONSTRAINT pending_entity_fkey FOREIGN KEY (entity) REFERENCES atlas_bridge.entity(id);

--

ALTER TABLE ONLY atlas_bridge.run
    ADD CONSTRAINT run_tenant_fkey FOREIGN KEY (tenant) REFERENCES atlas_bridge.tenant(id);

--

