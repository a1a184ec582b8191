-- How many rows were ever written outside the bridge's own schema.
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)
FROM pg_stat_user_tables WHERE schemaname <> 'atlas_bridge';
