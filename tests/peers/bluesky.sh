#!/bin/bash
# A real Bluesky PDS with a PLC directory in memory, and its firehose in the shape of Jetstream, on 127.0.0.1 for tests.
# Nothing leaves the machine.
#   RUN=DIR tests/peers/bluesky.sh      (RUN may be left out)
#   tests/peers/bluesky.sh missing      (says what is missing to run it, and exits 1; or says nothing)
#   tests/peers/bluesky.sh install      (below target/peers, from npm; a part compiles: some minutes)
# Stays in the foreground and stops on SIGTERM, on SIGINT, or (with STOP_ON_EOF=1) when its input ends.
# Says `READY pds=URL jetstream=URL`.
set -eu
cd "$(dirname "$0")/../.."
OWN=$PWD/tests/peers/bluesky
INSTALLED=$PWD/target/peers/bluesky
MARK=$INSTALLED/installed

# Node 20 is what the last line of this PDS still runs on.
missing() {
  if ! type -P node >/dev/null; then echo "node is not installed"; return 1; fi
  if ! cmp -s "$MARK" "$OWN/package-lock.json"; then
    echo "the PDS is not installed (tests/peers/bluesky.sh install)"
    return 1
  fi
}

install() {
  if missing >/dev/null; then return; fi
  mkdir -p "$INSTALLED"
  cp "$OWN/package.json" "$OWN/package-lock.json" "$INSTALLED"
  # Where the system brings node's headers, they need not be fetched for what compiles.
  if [ -d /usr/include/node ]; then export npm_config_nodedir=/usr; fi
  (cd "$INSTALLED" && npm ci --silent --no-audit --no-fund && node -e "new (require('better-sqlite3'))(':memory:')")
  cp "$OWN/package-lock.json" "$MARK"
}

case ${1:-} in
  missing) missing; exit ;;
  install) install; exit ;;
esac
missing >&2
RUN=${RUN:-$(mktemp -d)}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() {
  local port
  for _ in $(seq 50); do
    port=$((20000 + RANDOM % 12000))
    if port_is_free "$port"; then echo "$port"; return; fi
  done
  echo "no free port was found" >&2
  return 1
}
PLC_PORT=$(free_port)
PDS_PORT=$(free_port)
JET_PORT=$(free_port)
export PLC_PORT PDS_PORT JET_PORT DATA=$RUN/pds

PIDS=()
stop() {
  trap - TERM INT EXIT
  [ ${#PIDS[@]} -eq 0 ] || kill "${PIDS[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  exit "${1:-0}"
}
trap stop TERM INT
trap 'stop 1' EXIT
# What they import stands beside them.
cp "$OWN"/*.mjs "$INSTALLED"
ready() {
  local name=$1
  node "$INSTALLED/$name.mjs" >"$RUN/$name.out" 2>&1 </dev/null &
  PIDS+=($!)
  for _ in $(seq 1200); do
    if grep -q "$name ready" "$RUN/$name.out"; then return; fi
    if ! kill -0 "${PIDS[-1]}" 2>/dev/null; then break; fi
    sleep 0.05
  done
  echo "not ready; see $RUN/$name.out" >&2
  return 1
}
ready pds
ready jetstream
echo "READY pds=http://localhost:$PDS_PORT jetstream=ws://localhost:$JET_PORT/subscribe"
if [ "${STOP_ON_EOF:-0}" = 1 ]; then
  cat <&0 >/dev/null &
  PIDS+=($!)
fi
wait -n || true
stop 0
