# shellcheck shell=bash
# Measuring and reporting. Sourced by bench/run, which sets `out` and has servers running.
#
# A figure's name is STEP.METHOD.FIELD: steps are check, first_load, changes and idle; methods are
# bridge, bare and knex; fields are rows, wall, cpu, servers_cpu (seconds) and peak_kib.

declare -A figure=() skipped=()
readonly required_ratio=50

# skip METHOD WHY
skip() {
  skipped[$1]=$2
  echo "bench: $1 is skipped: $2" >&2
}

calculate() {
  awk "BEGIN { printf \"$1\", $2 }"
}

# measured STEP METHOD ROWS COMMAND...: runs the command, which must succeed, and keeps its figures.
# What it prints goes to a log.
measured() {
  local step=$1 name=$1.$2 rows=$3 log=$out/$1.$2.log before after wall user system peak
  shift 3
  before=$(servers_cpu)
  if ! "$out/measure" "$out/measured.txt" "$@" >"$log" 2>&1; then
    echo "bench: $name failed; $log ends:" >&2
    tail -n 20 "$log" >&2
    exit 1
  fi
  after=$(servers_cpu)
  read -r wall user system peak <"$out/measured.txt"
  figure[$name.rows]=$rows
  figure[$name.wall]=$wall
  figure[$name.cpu]=$(calculate %.3f "$user + $system")
  figure[$name.servers_cpu]=$(calculate %.2f "$after - $before")
  figure[$name.peak_kib]=$peak
  if ((rows > 0)); then figure[$name.rate]=$(calculate %.0f "$rows / $wall"); fi
}

# add_measure FROM TO METHOD: adds what step FROM took to step TO.
add_measure() {
  local field
  for field in wall cpu servers_cpu; do
    figure[$2.$3.$field]=$(calculate %.3f "${figure[$1.$3.$field]} + ${figure[$2.$3.$field]}")
  done
  if ((figure[$1.$3.peak_kib] > figure[$2.$3.peak_kib])); then
    figure[$2.$3.peak_kib]=${figure[$1.$3.peak_kib]}
  fi
  figure[$2.$3.rate]=$(calculate %.0f "${figure[$2.$3.rows]} / ${figure[$2.$3.wall]}")
}

# median_measure STEP METHOD COUNT: STEP.METHOD gets the medians of STEP.METHOD0, METHOD1, ...
median_measure() {
  local field i
  for field in wall cpu servers_cpu peak_kib; do
    figure[$1.$2.$field]=$(for ((i = 0; i < $3; ++i)); do echo "${figure[$1.$2$i.$field]}"; done |
      sort -g | sed -n "$((($3 + 1) / 2))p")
    for ((i = 0; i < $3; ++i)); do unset "figure[$1.$2$i.$field]"; done
  done
  for ((i = 0; i < $3; ++i)); do unset "figure[$1.$2$i.rows]"; done
  figure[$1.$2.rows]=0
}

# ratio STEP METHOD: how many times METHOD's rows/s the bridge makes; nothing where either is missing.
ratio() {
  local ours=${figure[$1.bridge.rate]:-} theirs=${figure[$1.$2.rate]:-}
  if [[ -n $ours && -n $theirs ]]; then calculate %.2f "$ours / $theirs"; fi
}

# The bridge is at least so many times as fast as the row-by-row method, or that was not measured.
requirement_met() {
  local step times
  for step in first_load changes; do
    times=$(ratio $step knex)
    if [[ -n $times ]] && awk "BEGIN { exit !($times < $required_ratio) }"; then return 1; fi
  done
}

# --- the table --------------------------------------------------------------------------------

# table_line LABEL STEP METHOD
table_line() {
  local name=$2.$3
  [[ -n ${figure[$name.wall]:-} ]] || return 0
  printf '  %-30s %10s %9.3f %9.3f %12.2f %9.1f\n' "$1" "${figure[$name.rate]:--}" \
    "${figure[$name.wall]}" "${figure[$name.cpu]}" "${figure[$name.servers_cpu]}" \
    "$(calculate %.1f "${figure[$name.peak_kib]} / 1024")"
}

# table_ratios STEP BARE_NAME
table_ratios() {
  local bare knex verdict=missed
  bare=$(ratio "$1" bare) knex=$(ratio "$1" knex)
  if [[ -n $bare ]]; then printf '  atlas-bridge is %s of %s\n' "$bare" "$2"; fi
  if [[ -n $knex ]]; then
    if awk "BEGIN { exit !($knex >= $required_ratio) }"; then verdict=met; fi
    printf '  atlas-bridge is %.0f times row by row (at least %s wanted: %s)\n' "$knex" \
      "$required_ratio" "$verdict"
  fi
}

report_table() {
  local method
  printf '%-32s %10s %9s %9s %12s %9s\n' '' rows/s 'wall s' 'CPU s' "servers' CPU" 'peak MiB'
  printf 'first load of %s rows\n' "$rows"
  table_line 'atlas-bridge check, sync' first_load bridge
  table_line '  of it check' check bridge
  table_line 'COPY | COPY' first_load bare
  table_line "row by row, $knex_rows rows" first_load knex
  table_ratios first_load 'COPY | COPY'
  printf 'change sync, %s rows changed\n' "${figure[changes.bare.rows]}"
  table_line 'atlas-bridge sync' changes bridge
  table_line 'staged upserts both ways' changes bare
  table_line "row by row, ${figure[changes.knex.rows]:-0} rows" changes knex
  table_ratios changes 'staged upserts'
  if [[ -n ${figure[idle.bridge.wall]:-} ]]; then
    printf 'idle run (median of %s)\n' "$idle_runs"
    table_line 'atlas-bridge sync' idle bridge
  fi
  for method in "${!skipped[@]}"; do
    printf 'not measured: %s, %s\n' "$method" "${skipped[$method]}"
  done
}

# --- the same for programs --------------------------------------------------------------------

# json_object PREFIX INDENT: the figures whose names start with the prefix, as nested objects.
json_object() {
  local name key comma='' seen=' '
  while IFS= read -r name; do
    key=${name#"$1"}
    if [[ $key == *.* ]]; then
      key=${key%%.*}
      [[ $seen != *" $key "* ]] || continue
      seen+="$key "
      printf '%s\n%s"%s": {' "$comma" "$2" "$key"
      json_object "$1$key." "$2  "
      printf '}'
    else
      printf '%s\n%s"%s": %s' "$comma" "$2" "$key" "${figure[$name]}"
    fi
    comma=,
  done < <(printf '%s\n' "${!figure[@]}" | grep "^$1" | sort)
}

report_json() {
  local method step to comma='' value
  printf '{\n"rows": %s,\n"cores": %s,\n"steps": {' "$rows" "$(nproc)"
  json_object '' '  '
  printf '\n},\n"ratios": {'
  for step in first_load changes; do
    for to in bare knex; do
      value=$(ratio $step $to)
      [[ -n $value ]] || continue
      printf '%s\n  "%s_to_%s": %s' "$comma" $step $to "$value"
      comma=,
    done
  done
  printf '\n},\n"skipped": {'
  comma=''
  for method in "${!skipped[@]}"; do
    printf '%s\n  "%s": "%s"' "$comma" "$method" "${skipped[$method]}"
    comma=,
  done
  printf '\n}\n}\n'
}
