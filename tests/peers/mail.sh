#!/bin/bash
# Postfix and Dovecot on 127.0.0.1 for tests: submission with STARTTLS and AUTH, smtps with TLS from the first byte,
# delivery by LMTP into $RUN/vmail/NAME/Maildir. Nothing leaves the machine, and all state is under $RUN.
#   RUN=DIR SUBMIT=PORT SMTPS=PORT tests/peers/mail.sh      (each may be left out)
#   tests/peers/mail.sh missing                             (says what is missing to run it, and exits 1; or says nothing)
# Stays in the foreground and stops on SIGTERM, on SIGINT, or (with STOP_ON_EOF=1) when its input ends.
# Says `READY submit=PORT smtps=PORT run=DIR ca=FILE`, then `DELIVERED QUEUE-ID` for each letter.
# Needs root, because Postfix does, and the packages postfix, dovecot-lmtpd (with dovecot-core) and openssl.
# Users: alice@ex.test and bob@ex.test, password `secret`.
set -eu
PATH=$PATH:/usr/sbin:/sbin

missing() {
  local found=0
  for program in postfix dovecot openssl /usr/lib/postfix/sbin/lmtp /usr/lib/dovecot/lmtp; do
    command -v "$program" >/dev/null || { echo "$program is not installed"; found=1; }
  done
  [ "$(id -u)" = 0 ] || { echo "Postfix needs root"; found=1; }
  return $found
}
if [ "${1:-}" = missing ]; then missing; exit; fi
missing >&2

RUN=${RUN:-$(mktemp -d)}
mkdir -p "$RUN"
chmod 755 "$RUN"

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
SUBMIT=${SUBMIT:-$(free_port)}
SMTPS=${SMTPS:-$(free_port)}

make_certificates() {
  local dir=$RUN/tls ec="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
  mkdir -p "$dir"
  # shellcheck disable=SC2086
  openssl req -x509 $ec -days 3650 -keyout "$dir/ca.key" -out "$dir/ca.pem" -subj "/CN=test CA" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" 2>/dev/null
  # shellcheck disable=SC2086
  openssl req $ec -keyout "$dir/server.key" -out "$dir/server.csr" -subj "/CN=localhost" 2>/dev/null
  cat >"$dir/leaf.cnf" <<END
subjectAltName=DNS:localhost
basicConstraints=CA:FALSE
keyUsage=digitalSignature
extendedKeyUsage=serverAuth
END
  openssl x509 -req -in "$dir/server.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 825 \
    -out "$dir/server.pem" -extfile "$dir/leaf.cnf" 2>/dev/null
}

write_dovecot() {
  local uid gid
  uid=$(id -u nobody) gid=$(id -g nobody)
  mkdir -p "$RUN/dovecot/run" "$RUN/vmail"
  chown "$uid:$gid" "$RUN/vmail"
  for user in alice bob; do
    echo "$user@ex.test:{PLAIN}secret:$uid:$gid::$RUN/vmail/$user::"
  done >"$RUN/dovecot/users"
  chmod 644 "$RUN/dovecot/users"
  cat >"$RUN/dovecot/dovecot.conf" <<END
base_dir = $RUN/dovecot/run
state_dir = $RUN/dovecot
log_path = $RUN/dovecot/log
protocols = lmtp
ssl = no
auth_mechanisms = plain login
auth_failure_delay = 0
first_valid_uid = 100
mail_location = maildir:~/Maildir
passdb {
  driver = passwd-file
  args = $RUN/dovecot/users
}
userdb {
  driver = passwd-file
  args = $RUN/dovecot/users
}
service lmtp {
  unix_listener $RUN/queue/private/dovecot-lmtp {
    mode = 0666
  }
}
service auth {
  unix_listener $RUN/queue/private/auth {
    mode = 0666
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
protocol lmtp {
  postmaster_address = postmaster@ex.test
}
END
}

write_postfix() {
  mkdir -p "$RUN/postfix" "$RUN/queue" "$RUN/data"
  chown postfix "$RUN/data"
  # Made here, because Dovecot puts its sockets there before Postfix has started.
  install -d -o postfix -m 700 "$RUN/queue/private"
  cat >"$RUN/postfix/main.cf" <<END
compatibility_level = 3.6
queue_directory = $RUN/queue
data_directory = $RUN/data
maillog_file = $RUN/maillog
maillog_file_prefixes = $RUN
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.ex.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 192.0.2.1/32
alias_maps =
alias_database =
virtual_mailbox_domains = ex.test
virtual_mailbox_maps = texthash:$RUN/postfix/mailboxes
virtual_transport = lmtp:unix:private/dovecot-lmtp
default_transport = error:5.7.1 nothing leaves this machine
relay_transport = error:5.7.1 nothing leaves this machine
smtpd_tls_cert_file = $RUN/tls/server.pem
smtpd_tls_key_file = $RUN/tls/server.key
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_auth_enable = yes
smtpd_tls_auth_only = yes
smtpd_client_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_forbid_bare_newline = normalize
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
smtp_dns_support_level = disabled
biff = no
END
  printf 'alice@ex.test x\nbob@ex.test x\n' >"$RUN/postfix/mailboxes"
  cat >"$RUN/postfix/master.cf" <<END
127.0.0.1:$SUBMIT inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
127.0.0.1:$SMTPS inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
showq unix n - n - - showq
END
}

PIDS=()
stop() {
  trap - TERM INT EXIT
  postfix -c "$RUN/postfix" stop >/dev/null 2>&1 || true
  [ ${#PIDS[@]} -eq 0 ] || kill "${PIDS[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  exit "${1:-0}"
}

port_is_open() { ! port_is_free "$1"; }
wait_for() {
  for _ in $(seq 400); do
    if "$@"; then return; fi
    sleep 0.05
  done
  echo "not ready: $*; see $RUN/maillog, $RUN/postfix.out and $RUN/dovecot/log" >&2
  return 1
}

make_certificates
write_dovecot
write_postfix
: >"$RUN/maillog"
trap stop TERM INT
trap 'stop 1' EXIT
dovecot -F -c "$RUN/dovecot/dovecot.conf" 2>"$RUN/dovecot.err" >/dev/null </dev/null &
PIDS+=($!)
postfix -c "$RUN/postfix" start-fg >"$RUN/postfix.out" 2>&1 </dev/null &
PIDS+=($!)
wait_for port_is_open "$SUBMIT"
wait_for port_is_open "$SMTPS"
wait_for [ -S "$RUN/queue/private/auth" ]
wait_for [ -S "$RUN/queue/private/dovecot-lmtp" ]
echo "READY submit=$SUBMIT smtps=$SMTPS run=$RUN ca=$RUN/tls/ca.pem"
tail -n +1 -F "$RUN/maillog" 2>/dev/null </dev/null > >(
  sed -u -n 's/.*postfix\/lmtp\[[0-9]*\]: \([0-9A-Za-z]*\): .*status=sent.*/DELIVERED \1/p'
) &
PIDS+=($!)
if [ "${STOP_ON_EOF:-0}" = 1 ]; then
  cat <&0 >/dev/null &
  PIDS+=($!)
fi
wait -n || true
stop 0
