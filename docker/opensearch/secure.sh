#!/usr/bin/env bash
# Certificates of our own for a secured node, instead of the demo ones, whose private keys are published.
#
# secure.sh DIR                 makes, and renews a month before they end (files 0600, DIR 0700):
#   ca.pem                        whom clients trust; its key is thrown away
#   node.pem node-key.pem         the node's: verifies as localhost, 127.0.0.1 and the service name opensearch
#   dashboards.pem dashboards-key.pem
#                                 Dashboards' own, for browsers: verifies as localhost, 127.0.0.1 and dashboards
#   admin.pem admin-key.pem       who may change users and roles (users.sh): plugins.security.authcz.admin_dn
# secure.sh --load DIR IMAGE VOLUME
#                               puts what the node needs into VOLUME, for config/opensearch-security, readable by the node
#                               only. A volume, because files mounted from the host would have to be readable by user 1000.
set -euo pipefail
umask 077
export COPYFILE_DISABLE=1 # macOS: tar would add a file for each extended attribute

readonly CONFIG=/usr/share/opensearch/config/opensearch-security
readonly DAYS=825 RENEW_SECONDS=$((30 * 24 * 3600))

current() {
  [ -s "$1/ca.pem" ] && [ -s "$1/node-key.pem" ] && [ -s "$1/admin-key.pem" ] && [ -s "$1/dashboards-key.pem" ] &&
    openssl x509 -checkend "$RENEW_SECONDS" -noout -in "$1/node.pem" >/dev/null 2>&1
}

# issue NAME: a key and a certificate for CN=flowtap-NAME with the extensions of section NAME. OpenSearch reads PKCS 8 keys.
issue() {
  openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1-key.pem"
  openssl req -new -key "$1-key.pem" -config openssl.cnf -subj "/CN=flowtap-$1" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca-key.pem -set_serial "0x$(openssl rand -hex 8)" -days "$DAYS" -sha256 \
    -extfile openssl.cnf -extensions "$1" -out "$1.pem"
}

certificates() {
  cat >openssl.cnf <<'CONF'
[req]
distinguished_name = name
prompt = no
[name]
CN = flowtap-ca
[ca]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[node]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, DNS:opensearch, IP:127.0.0.1, IP:0:0:0:0:0:0:0:1
[dashboards]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, DNS:dashboards, IP:127.0.0.1, IP:0:0:0:0:0:0:0:1
[admin]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
CONF
  openssl ecparam -name prime256v1 -genkey -noout -out ca-key.pem
  openssl req -x509 -new -key ca-key.pem -days "$DAYS" -sha256 -config openssl.cnf -extensions ca -out ca.pem
  issue node
  issue dashboards
  issue admin
}

make_certificates() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && certificates) >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    printf 'secure: the certificates could not be made with %s\n' "$(openssl version 2>&1)" >&2
    exit 1
  }
  mv "$work"/{ca,node,node-key,dashboards,dashboards-key,admin,admin-key}.pem "$1/"
}

if [ "${1:-}" = --load ]; then
  # Docker fills a new volume with what the image has there (the plugin's own files). No user comes from a file: the demo
  # users' passwords are published, and users.sh makes ours; nor does a role belong to everybody, as own_index does by
  # default. The throwaway container is root to hand over the files.
  # shellcheck disable=SC2016  # expanded inside the container
  tar -C "${2:?}" -cf - ca.pem node.pem node-key.pem |
    docker run --rm -i --user 0:0 --network none --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER \
      --volume "${4:?}:$CONFIG" --entrypoint bash "${3:?}" -euc 'cd "$0"; tar --no-same-owner -xf -
        printf "_meta:\n  type: internalusers\n  config_version: 2\n" >internal_users.yml
        printf "_meta:\n  type: rolesmapping\n  config_version: 2\nall_access:\n  backend_roles: [admin]\n" >roles_mapping.yml
        chown -R 1000:1000 .; chmod 0700 .; chmod 0600 ca.pem node.pem node-key.pem internal_users.yml roles_mapping.yml' "$CONFIG"
else
  mkdir -p "${1:?usage: secure.sh DIR, or secure.sh --load DIR IMAGE VOLUME}"
  current "$1" || make_certificates "$1"
fi
