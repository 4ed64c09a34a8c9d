#!/usr/bin/env bash
# Settings of OpenSearch Dashboards, into a volume that only it can read: a password in its environment or arguments would be
# seen by `docker inspect`.
#
# configure.sh SECURITY DIR                 prints their digest, by which a container of other settings is known
# configure.sh SECURITY DIR IMAGE VOLUME    puts them into VOLUME by a container of IMAGE (any with bash and tar)
#   SECURITY   plain (no passwords, no TLS) or secured
#   DIR        as for opensearch/users.sh; gets kibanaserver.password where it is missing, and dashboards_cookie.password,
#              with which sessions are sealed
set -euo pipefail
umask 077
export COPYFILE_DISABLE=1 # macOS: tar would add a file for each extended attribute

readonly SECURITY=${1:?usage: configure.sh plain|secured DIR [IMAGE VOLUME]} DIR=${2:?}
readonly SEEN_AS=/usr/share/opensearch-dashboards/config/flowtap # where compose.yaml mounts the volume

kept() {
  [ -s "$DIR/$1.password" ] || openssl rand -hex 24 >"$DIR/$1.password"
  cat "$DIR/$1.password"
}

settings() {
  # Quiet: else the health check is a line of the log every few seconds.
  printf 'server.name: flowtap\nserver.host: 0.0.0.0\nlogging.quiet: true\n'
  if [ "$SECURITY" = plain ]; then
    echo 'opensearch.hosts: ["http://opensearch:9200"]'
    return
  fi
  # Without tenants: everybody sees the one set of dashboards, and what a user may do with it is in the roles.
  cat <<SETTINGS
server.ssl.enabled: true
server.ssl.certificate: $SEEN_AS/dashboards.pem
server.ssl.key: $SEEN_AS/dashboards-key.pem
opensearch.hosts: ["https://opensearch:9200"]
opensearch.ssl.verificationMode: full
opensearch.ssl.certificateAuthorities: ["$SEEN_AS/ca.pem"]
opensearch.username: kibanaserver
opensearch.password: "$(kept kibanaserver)"
opensearch_security.multitenancy.enabled: false
opensearch_security.cookie.secure: true
opensearch_security.cookie.password: "$(kept dashboards_cookie)"
SETTINGS
}

staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
settings >"$staging/dashboards.yml"
if [ "$SECURITY" = secured ]; then cp "$DIR"/{ca,dashboards,dashboards-key}.pem "$staging/"; fi
if [ $# = 2 ]; then
  cat "$staging"/* | openssl dgst -sha256 -r | cut -d ' ' -f 1
else
  # shellcheck disable=SC2016  # expanded inside the container
  tar -C "$staging" -cf - . |
    docker run --rm -i --user 0:0 --network none --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER \
      --volume "${4:?}:/settings" --entrypoint bash "${3:?}" -euc \
      'cd /settings; rm -f ./*; tar --no-same-owner -xf -; chown -R 1000:1000 .; chmod 0500 .; chmod 0400 ./*'
fi
