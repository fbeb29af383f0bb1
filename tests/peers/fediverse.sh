#!/bin/bash
# snac2, a small server of the fediverse that speaks Mastodon's API, on 127.0.0.1 for tests. Nothing leaves the machine.
#   RUN=DIR PORT=PORT tests/peers/fediverse.sh      (each may be left out)
#   tests/peers/fediverse.sh missing                (says what is missing to run it, and exits 1; or says nothing)
#   tests/peers/fediverse.sh install                (unpacks it below target/peers from Debian or its backports; installs nothing)
# Stays in the foreground and stops on SIGTERM, on SIGINT, or (with STOP_ON_EOF=1) when its input ends.
# Says `READY base=URL user=alice password=PASSWORD`.
set -eu
cd "$(dirname "$0")/../.."
UNPACKED=$PWD/target/peers/snac

installed() {
  if type -P snac; then return; fi
  [ -x "$UNPACKED/usr/bin/snac" ] && echo "$UNPACKED/usr/bin/snac"
}

missing() {
  local program
  if ! program=$(installed); then echo "snac2 is not installed (tests/peers/fediverse.sh install)"; return 1; fi
  if ldd "$program" | grep -q 'not found'; then echo "a library of snac2 is missing (libcurl4, which the package curl brings)"; return 1; fi
}

# The package is not in every Debian release, so its backports are asked too, without changing the machine's package sources.
install() {
  local work archive suite
  if installed >/dev/null; then return; fi
  work=$(mktemp -d)
  trap 'rm -rf "$work"' RETURN
  archive=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -v '^ *#' |
    grep -oE '(https?|mirror\+file)://?[^ ]*/debian/?( |$)' | head -1 | tr -d ' ')
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  [ -n "$archive" ] || { echo "no Debian archive is among the machine's package sources" >&2; return 1; }
  mkdir -p "$work"/lists/partial "$work"/cache/archives/partial "$work"/prefs
  for part in "$suite" "$suite-backports"; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive $part main"
  done >"$work/sources.list"
  cat >"$work/apt.conf" <<END
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::PreferencesParts "$work/prefs";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
END
  (
    cd "$work"
    export APT_CONFIG=$work/apt.conf
    apt-get -q update >/dev/null
    apt-get -q download snac2 >/dev/null
    mkdir -p "$UNPACKED"
    dpkg-deb -x snac2_*.deb "$UNPACKED"
  )
}

case ${1:-} in
  missing) missing; exit ;;
  install) install; exit ;;
esac
missing >&2
SNAC=$(installed)
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
PORT=${PORT:-$(free_port)}

# It asks for its folder to be new.
DATA=$RUN/snac
printf '127.0.0.1\n%s\nlocalhost:%s\n\n\n' "$PORT" "$PORT" | "$SNAC" init "$DATA" >/dev/null
sed -i 's/"protocol": *"https"/"protocol": "http"/; s/^{/{ "disable_email_notifications": true, "disable_openbsd_security": true,/' \
  "$DATA/server.json"
password=$("$SNAC" adduser "$DATA" alice | grep -oE 'password is \S+' | cut -d' ' -f3)

PIDS=()
stop() {
  trap - TERM INT EXIT
  [ ${#PIDS[@]} -eq 0 ] || kill "${PIDS[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  exit "${1:-0}"
}
trap stop TERM INT
trap 'stop 1' EXIT
"$SNAC" httpd "$DATA" >"$RUN/snac.out" 2>&1 </dev/null &
PIDS+=($!)
for _ in $(seq 400); do
  if ! port_is_free "$PORT"; then break; fi
  sleep 0.05
done
if port_is_free "$PORT"; then echo "not ready; see $RUN/snac.out" >&2; exit 1; fi
echo "READY base=http://localhost:$PORT user=alice password=$password"
if [ "${STOP_ON_EOF:-0}" = 1 ]; then
  cat <&0 >/dev/null &
  PIDS+=($!)
fi
wait -n || true
stop 0
