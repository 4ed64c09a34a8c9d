#!/usr/bin/env bash
# Roles and users of a secured node, through its security REST API. May be run any number of times.
#
# users.sh URL DIR      DIR holds ca.pem, admin.pem and admin-key.pem (secure.sh) and gets USER.password (0600) for each user:
#   admin                 everything; for a person, used by no program
#   flowtap_operator, flowtap_writer, flowtap_reader
#                         one user for each file in roles/, which says what it may do
#   kibanaserver          OpenSearch Dashboards itself: its own indices, nobody's documents. The security plugin's name and
#                         role for it; its published password is not set anywhere
set -euo pipefail
umask 077

readonly URL=${1:?usage: users.sh URL DIR} DIR=${2:?usage: users.sh URL DIR}
ROLES=$(cd "$(dirname "$0")" && pwd)/roles
readonly ROLES TRIES=300

# put PATH, body on standard input: an argument could be read by others. A node just started may still be at it, on a busy machine for minutes.
put() {
  local body answer status try
  body=$(cat)
  for ((try = 1; try <= TRIES; try++)); do
    answer=$(curl --silent --show-error --max-time 20 --cacert "$DIR/ca.pem" --cert "$DIR/admin.pem" --key "$DIR/admin-key.pem" \
      --request PUT --header 'content-type: application/json' --data-binary @<(printf '%s' "$body") \
      --write-out '\n%{http_code}' "$URL/_plugins/_security/api/$1" 2>&1) || true
    status=${answer##*$'\n'}
    case "$status" in
      200 | 201) return ;;
      000 | 409 | 429 | 5??) sleep 1 ;;
      *) break ;;
    esac
  done
  printf 'users: %s: HTTP %s: %s\n' "$1" "$status" "${answer%$'\n'*}" >&2
  exit 1
}

user() {
  [ -s "$DIR/$1.password" ] || openssl rand -hex 24 >"$DIR/$1.password"
  printf '{"password":"%s",%s}' "$(cat "$DIR/$1.password")" "$2" | put "internalusers/$1"
}

for file in "$ROLES"/*.json; do
  name=$(basename "$file" .json)
  put "roles/$name" <"$file"
  user "$name" "\"opendistro_security_roles\":[\"$name\"]"
done
user kibanaserver '"opendistro_security_roles":["kibana_server"]'
user admin '"backend_roles":["admin"]'
