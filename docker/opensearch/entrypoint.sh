#!/usr/bin/env bash
# Starts the node with the official image's environment: any dotted setting, OPENSEARCH_JAVA_OPTS,
# OPENSEARCH_INITIAL_ADMIN_PASSWORD, DISABLE_SECURITY_PLUGIN, DISABLE_INSTALL_DEMO_CONFIG.
set -euo pipefail

if [ "${1:-opensearch}" != opensearch ] && [ "${1#-}" = "$1" ]; then exec "$@"; fi
if [ "${1:-}" = opensearch ]; then shift; fi

readonly SECURITY=$OPENSEARCH_HOME/plugins/opensearch-security

if [ -d "$SECURITY" ]; then
  if [ "${DISABLE_SECURITY_PLUGIN:-false}" = true ]; then
    grep -qs '^plugins.security.disabled:' "$OPENSEARCH_PATH_CONF/opensearch.yml" ||
      echo 'plugins.security.disabled: true' >>"$OPENSEARCH_PATH_CONF/opensearch.yml"
  elif [ "${DISABLE_INSTALL_DEMO_CONFIG:-false}" != true ] &&
    ! grep -qs '^plugins.security.ssl' "$OPENSEARCH_PATH_CONF/opensearch.yml"; then
    bash "$SECURITY/tools/install_demo_configuration.sh" -y -i -s || exit 1
  fi
fi
# Nothing after this needs it, and a process's environment can be read.
unset OPENSEARCH_INITIAL_ADMIN_PASSWORD

settings=()
while IFS= read -r -d '' entry; do
  name=${entry%%=*}
  if [[ $name =~ ^[a-z0-9_]+(\.[A-Za-z0-9_-]+)+$ || $name == processors ]]; then settings+=("-E$entry"); fi
done < <(env -0)

mapfile -t jvm < <(grep -E '^-' "$OPENSEARCH_PATH_CONF/jvm.options")
major=$(basename "$OPENSEARCH_HOME"/lib/opensearch-core-*.jar .jar)
major=${major#opensearch-core-}
# 2.x asks for the security manager, which Java 18 and later allow only when told.
if [ "${major%%.*}" -lt 3 ]; then jvm+=(-Djava.security.manager=allow); fi

# The official image's default; a value given later on the command line wins.
# shellcheck disable=SC2086  # OPENSEARCH_JAVA_OPTS is a list of words
exec "$JAVA_HOME/bin/java" -Xms1g -Xmx1g "${jvm[@]}" ${OPENSEARCH_JAVA_OPTS:-} \
  -Dopensearch.path.home="$OPENSEARCH_HOME" -Dopensearch.path.conf="$OPENSEARCH_PATH_CONF" \
  -Dopensearch.distribution.type=docker -Dopensearch.bundled_jdk=true \
  -cp "$OPENSEARCH_HOME/lib/*" org.opensearch.bootstrap.OpenSearch "${settings[@]}" "$@"
