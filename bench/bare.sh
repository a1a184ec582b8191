#!/usr/bin/env bash
# The yardsticks in bare SQL: no mapping engine, no links, no conflicts. Called by bench/run.
#
#   bare.sh copy LEGACY PLATFORM             COPY | COPY of all items into the empty platform
#   bare.sh upserts LEGACY PLATFORM SINCE    staged upserts of what changed, both ways at once
#
# LEGACY and PLATFORM are connection strings; SINCE is an instant.
set -euo pipefail

run_psql() {
  PGOPTIONS='--client-min-messages=warning' psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 "$@"
}

copy() {
  run_psql "$1" --command='COPY (SELECT * FROM as_platform()) TO STDOUT' |
    run_psql "$2" --command='COPY shop.items FROM STDIN'
}

# Of a row that both sides changed each gets the other's version: telling them apart is not bare.
upserts() {
  run_psql "$1" --command="COPY (SELECT * FROM as_platform(timestamptz '$3' AT TIME ZONE 'Europe/Berlin'))
                           TO STDOUT" |
    run_psql "$2" --file=bench/sql/upsert_platform.sql &
  run_psql "$2" --command="COPY (SELECT * FROM shop.as_legacy('$3')) TO STDOUT" |
    run_psql "$1" --file=bench/sql/upsert_legacy.sql
  wait $!
}

"$@"
