# shellcheck shell=bash
# Two temporary PostgreSQL 15 servers, `legacy` and `platform`. Sourced by bench/run.
#
# They listen on Unix sockets only and live in a short folder under /tmp, because a socket's path
# may have 107 characters at most. PostgreSQL refuses to run as root: then they run as `postgres`.

servers_root=''
declare -A server_pid=()

# as_server COMMAND...
as_server() {
  if ((EUID == 0)); then
    (cd / && runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

server_programs() {
  local folder
  for folder in /usr/lib/postgresql/15/bin "$(pg_config --bindir 2>/dev/null || true)"; do
    if [[ -n $folder && -x $folder/initdb ]]; then
      echo "$folder"
      return
    fi
  done
  echo 'bench: no PostgreSQL 15 server programs; ./dev setup bench installs them' >&2
  return 69
}

start_servers() {
  local programs side
  programs=$(server_programs) || return
  servers_root=$(mktemp -d /tmp/atb.XXXXXX)
  if ((EUID == 0)); then chown postgres: "$servers_root"; fi
  for side in legacy platform; do
    as_server mkdir -m 700 "$servers_root/$side"
    as_server "$programs/initdb" --pgdata="$servers_root/$side/data" --username=bench \
      --auth=trust --encoding=UTF8 --locale=C.UTF-8 >"$servers_root/$side.log" 2>&1 || {
      cat "$servers_root/$side.log" >&2
      return 69
    }
    cat >>"$servers_root/$side/data/postgresql.conf" <<EOF
listen_addresses = ''
unix_socket_directories = '$servers_root/$side'
shared_buffers = 256MB
fsync = on
EOF
    as_server "$programs/pg_ctl" start --wait --silent --pgdata="$servers_root/$side/data" \
      --log="$servers_root/$side/log" || {
      cat "$servers_root/$side/log" >&2
      return 69
    }
    server_pid[$side]=$(head -n 1 "$servers_root/$side/data/postmaster.pid")
  done
}

# Fast shutdown of the two servers that start_servers started, and of no other.
stop_servers() {
  local side tries
  for side in "${!server_pid[@]}"; do
    kill -INT "${server_pid[$side]}" 2>/dev/null || continue
    for ((tries = 0; tries < 300; ++tries)); do
      kill -0 "${server_pid[$side]}" 2>/dev/null || break
      sleep 0.1
    done
  done
  server_pid=()
  if [[ -n $servers_root ]]; then rm -rf "$servers_root"; fi
  servers_root=''
}

# dsn SIDE DATABASE: the connection string.
dsn() {
  echo "host=$servers_root/$1 user=bench dbname=$2"
}

# sql SIDE DATABASE [PSQL OPTION...]: bare values on standard output.
sql() {
  PGOPTIONS='--client-min-messages=warning' psql --no-psqlrc --quiet --tuples-only --no-align \
    --set=ON_ERROR_STOP=1 "$(dsn "$1" "$2")" "${@:3}"
}

# Seconds of CPU that both servers have used: their processes of now, and those that have ended.
servers_cpu() {
  local side pid ticks=0 fields
  for side in "${!server_pid[@]}"; do
    for pid in "${server_pid[$side]}" $(cat "/proc/${server_pid[$side]}/task/"*/children); do
      # The fields after the program's name, from the third on; 14 to 17 are CPU ticks, the last two
      # of them those of ended children.
      fields=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
      read -ra fields <<<"${fields##*) }"
      ticks=$((ticks + fields[11] + fields[12]))
      if [[ $pid == "${server_pid[$side]}" ]]; then ticks=$((ticks + fields[13] + fields[14])); fi
    done
  done
  awk -v ticks="$ticks" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f\n", ticks / hz }'
}
