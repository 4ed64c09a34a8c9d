#!/usr/bin/env bash
# Lays out an OpenSearch home from Maven artifacts. Runs inside the image build.
#
# resolve.sh VERSION CLASSLOADER_VERSION SECURITY_VERSION|"" HOME
#
# lib/ is org.opensearch:opensearch with what it needs, modules/NAME/ what the distribution bundles, plugins/ the security
# plugin. A plugin's descriptor is written here: Maven has the jars without it (org.opensearch.plugins.PluginInfo reads it).
set -euo pipefail

readonly VERSION=$1 CLASSLOADER=$2 SECURITY=$3 HOME_DIR=$4
readonly POMS=/tmp/poms
readonly COPY=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies
readonly MAJOR=${VERSION%%.*}
# module name:artifact (group org.opensearch.plugin)
readonly MODULES='analysis-common:analysis-common aggs-matrix-stats:aggs-matrix-stats-client geo:geo ingest-common:ingest-common
ingest-user-agent:ingest-user-agent lang-expression:lang-expression lang-mustache:lang-mustache-client lang-painless:lang-painless
mapper-extras:mapper-extras-client parent-join:parent-join-client percolator:percolator-client reindex:reindex-client
transport-netty4:transport-netty4-client'

# One dependency from group:artifact:version[:type].
dependency() {
  local group artifact version type
  IFS=: read -r group artifact version type <<<"$1"
  printf '<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version><type>%s</type></dependency>\n' \
    "$group" "$artifact" "$version" "${type:-jar}"
}

# pom NAME DEPENDENCY...: a Maven project that needs these.
pom() {
  local name=$1
  shift
  mkdir -p "$POMS/$name"
  {
    printf '<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>%s</artifactId><version>1</version>\n' "$name"
    echo '<packaging>pom</packaging><dependencies>'
    for one in "$@"; do dependency "$one"; done
    echo '</dependencies></project>'
  } >"$POMS/$name/pom.xml"
}

maven() { mvn -B -q -ntp -T 4 -DincludeScope=runtime -f "$1" "$COPY" -DoutputDirectory="$2"; }

# The log4j that OpenSearch was built with: log4j-core is optional in its pom, yet a node does not start without it.
pom api "org.opensearch:opensearch:$VERSION"
maven "$POMS/api" "$POMS/jars/api"
log4j=$(basename "$POMS"/jars/api/log4j-api-*.jar .jar)
log4j=${log4j#log4j-api-}

# Everything in one run: Maven starts slowly, and resolves side by side.
core=("org.opensearch:opensearch:$VERSION" "org.apache.logging.log4j:log4j-core:$log4j" org.locationtech.spatial4j:spatial4j:0.7
  org.locationtech.jts:jts-core:1.15.0 "org.opensearch:opensearch-plugin-classloader:$CLASSLOADER")
if [ "$MAJOR" -ge 3 ]; then core+=("org.opensearch:opensearch-agent-bootstrap:$VERSION"); fi
pom lib "${core[@]}"
names=(lib)
for module in $MODULES; do
  pom "${module%:*}" "org.opensearch.plugin:${module#*:}:$VERSION"
  names+=("${module%:*}")
done
if [ -n "$SECURITY" ]; then
  pom security "org.opensearch.plugin:opensearch-security:$SECURITY:zip"
  names+=(security)
fi
{
  echo '<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>all</artifactId><version>1</version>'
  echo '<packaging>pom</packaging><modules>'
  printf '<module>%s</module>\n' "${names[@]}"
  echo '</modules></project>'
} >"$POMS/pom.xml"
# shellcheck disable=SC2016  # Maven's placeholder
maven "$POMS/pom.xml" "$POMS/jars/"'${project.artifactId}'

# The security plugin's installer looks for bin/.
mkdir -p "$HOME_DIR"/{bin,lib,modules,plugins,config,data,logs}
cp "$POMS"/jars/lib/*.jar "$HOME_DIR/lib/"

for module in $MODULES; do
  name=${module%:*}
  folder=$HOME_DIR/modules/$name
  mkdir -p "$folder"
  for jar in "$POMS/jars/$name"/*.jar; do
    [ -e "$HOME_DIR/lib/$(basename "$jar")" ] || cp "$jar" "$folder/"
  done
  # The class is named …Plugin in 2.x and …ModulePlugin in 3.x (geo: GeoModulePlugin in both); there is one per jar.
  main=$(unzip -Z1 "$folder/${module#*:}-$VERSION.jar" |
    grep -E '^org/opensearch/([a-z0-9]+/)*[A-Za-z0-9]+Plugin\.class$' | grep -vE '/(spi|action)/' || true)
  if [ "$(wc -l <<<"$main")" != 1 ] || [ -z "$main" ]; then
    printf 'module %s: expected one plugin class, found: %s\n' "$name" "$main" >&2
    exit 1
  fi
  main=${main%.class}
  extended=
  case $name in analysis-common | ingest-common) extended=lang-painless ;; esac
  {
    printf 'name=%s\ndescription=%s\nversion=%s\nopensearch.version=%s\n' "$name" "$name" "$VERSION" "$VERSION"
    printf 'java.version=11\nclassname=%s\nhas.native.controller=false\n' "${main//\//.}"
    if [ -n "$extended" ]; then printf 'extended.plugins=%s\n' "$extended"; fi
  } >"$folder/plugin-descriptor.properties"
  # 2.x runs under Java's security manager, and the modules' own policies are not in their jars.
  if [ "$MAJOR" -lt 3 ]; then
    echo 'grant { permission java.security.AllPermission; };' >"$folder/plugin-security.policy"
  fi
done

if [ -n "$SECURITY" ]; then
  unzip -q "$POMS/jars/security/opensearch-security-$SECURITY.zip" -d "$HOME_DIR/plugins/opensearch-security"
  mkdir -p "$HOME_DIR/config/opensearch-security"
  # The distribution moves a plugin's config/ there when it installs it.
  if [ -d "$HOME_DIR/plugins/opensearch-security/config" ]; then
    mv "$HOME_DIR"/plugins/opensearch-security/config/* "$HOME_DIR/config/opensearch-security/"
    rmdir "$HOME_DIR/plugins/opensearch-security/config"
  fi
  chmod 0755 "$HOME_DIR"/plugins/opensearch-security/tools/*.sh
  chmod -R go-rwx "$HOME_DIR/config/opensearch-security"
fi
chmod 0770 "$HOME_DIR"/{data,logs,config}
