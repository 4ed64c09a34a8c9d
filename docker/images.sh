#!/usr/bin/env bash
# Chooses the images and sees to it that they are here: official ones by default; where no image registry answers, images
# built on this machine. Prints KEY=VALUE lines; what happens meanwhile goes to standard error.
#
# images.sh [opensearch] [opensearch-2] [dashboards] [shipper] [suricata]      all without an argument, or with `all`
#   OPENSEARCH_IMAGE     OpenSearch 3.x           OPENSEARCH_SECURED     whether it has the security plugin
#   OPENSEARCH_2_IMAGE   OpenSearch 2.19          OPENSEARCH_2_SECURED
#   DASHBOARDS_IMAGE     OpenSearch Dashboards of OpenSearch's version. It cannot be built here: empty where no registry
#                        answers, or where it is set to `none`
#   FLOWTAP_SHIPPER_IMAGE        the `shipper` command, built here unless set
#   SURICATA_IMAGE       Suricata 7.0 from Debian's package, built here unless set
# A name that is set in the environment is used as it is.
set -euo pipefail

HERE=$(cd "$(dirname "$0")" && pwd)
readonly HERE
readonly OFFICIAL_BASE=debian:trixie-slim LOCAL_BASE=flowtap/base:trixie-local
readonly OPENSEARCH=opensearchproject/opensearch:3.4.0 LOCAL_OPENSEARCH=flowtap/opensearch:3.4.0-local
readonly OPENSEARCH_2=opensearchproject/opensearch:2.19.4 LOCAL_OPENSEARCH_2=flowtap/opensearch:2.19.4-secured-local
readonly DASHBOARDS=opensearchproject/opensearch-dashboards
readonly LOCAL_SHIPPER=flowtap/shipper:local LOCAL_SURICATA=flowtap/suricata:7.0-local
readonly REGISTRY_SECONDS=8

silent_registries=' '

say() { printf 'images: %s\n' "$*" >&2; }
present() { docker image inspect "$1" >/dev/null 2>&1; }

# The part of a name that names a registry, empty for the engine's default one.
registry_of() { case "${1%%/*}" in *.* | *:*) case "$1" in */*) echo "${1%%/*}" ;; esac ;; esac }

# Pulls, giving up unless the registry has said something within a few seconds: a pull has no time limit of its own, and
# where packets are dropped it would wait for minutes. A registry that was silent once is not asked again.
pull() {
  local log pid waited=0 result=0 registry
  registry=$(registry_of "$1")
  case "$silent_registries" in *" registry:$registry "*) return 1 ;; esac
  say "pulling $1"
  log=$(mktemp)
  docker pull "$1" >"$log" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null && [ ! -s "$log" ] && [ "$waited" -lt $((REGISTRY_SECONDS * 5)) ]; do
    sleep 0.2
    waited=$((waited + 1))
  done
  if [ ! -s "$log" ]; then kill "$pid" 2>/dev/null || true; fi
  wait "$pid" 2>/dev/null || result=$?
  if [ "$result" != 0 ]; then
    say "not pulled: $(tail -n 1 "$log" | grep . || echo "no answer within $REGISTRY_SECONDS seconds")"
    # A word about the image (missing, not allowed, too often) is an answer; anything else means that no registry answers.
    grep -qE 'manifest|pull access denied|toomanyrequests' "$log" || silent_registries+="registry:$registry "
  fi
  rm -f "$log"
  return "$result"
}
here() { present "$1" || pull "$1"; }

choose_base() {
  base=$OFFICIAL_BASE
  if present "$base"; then return; fi
  if present "$LOCAL_BASE" || ! pull "$base"; then
    base=$LOCAL_BASE
    present "$base" || "$HERE/base/build.sh" "$base"
  fi
}

# build TAG ARGUMENT...: with the engine's own builder, the only one that sees images which are nowhere but on this machine.
build() {
  local tag=$1 log started=$SECONDS
  shift
  log=$(mktemp)
  say "building $tag (a minute or two the first time)"
  if ! docker buildx build --builder "$(docker context show 2>/dev/null || echo default)" --load --progress=plain \
    --tag "$tag" "$@" >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    say "building $tag failed (above: why; all of it: $log)"
    exit 1
  fi
  rm -f "$log"
  # What the tag named before.
  docker image prune --force --filter label=flowtap.made=locally >/dev/null 2>&1 || true
  say "built $tag in $((SECONDS - started)) s"
}

build_opensearch() { build "$LOCAL_OPENSEARCH" --build-arg BASE="$base" --build-arg VERSION=3.4.0 "$HERE/opensearch"; }
# The newest class loader of the 2.19 line that was published is 2.19.1's; it fits.
build_opensearch_2() {
  build "$LOCAL_OPENSEARCH_2" --build-arg BASE="$base" --build-arg VERSION=2.19.4 --build-arg SECURITY=2.19.4.0 \
    --build-arg CLASSLOADER=2.19.1 "$HERE/opensearch"
}
build_shipper() { build "$LOCAL_SHIPPER" --build-arg BASE="$base" --file "$HERE/shipper/Dockerfile" "$HERE/.."; }
build_suricata() { build "$LOCAL_SURICATA" --build-arg BASE="$base" "$HERE/suricata"; }

build_local() {
  choose_base
  case "$1" in
    "$LOCAL_OPENSEARCH") build_opensearch ;;
    "$LOCAL_OPENSEARCH_2") build_opensearch_2 ;;
    "$LOCAL_SHIPPER") build_shipper ;;
    "$LOCAL_SURICATA") build_suricata ;;
  esac
}

# choose WANTED|"" OFFICIAL LOCAL: the image to use, present when this returns.
choose() {
  case "$1" in
    "$LOCAL_OPENSEARCH" | "$LOCAL_OPENSEARCH_2" | "$LOCAL_SHIPPER" | "$LOCAL_SURICATA")
      build_local "$1"
      chosen=$1
      ;;
    ?*)
      chosen=$1
      here "$1" || {
        say "$1 is asked for, is not on this machine and cannot be pulled"
        say "Load it (docker load), correct the name, or leave it unset to use what can be had."
        exit 3
      }
      ;;
    *)
      chosen=$2
      if [ -n "$2" ] && here "$2"; then return; fi
      chosen=$3
      build_local "$3"
      ;;
  esac
}

# sets `security`: whether the image has the security plugin.
ask_security() {
  local result=0
  docker run --rm --network none --entrypoint test "$1" -d /usr/share/opensearch/plugins/opensearch-security || result=$?
  case $result in
    0) security=true ;;
    1) security=false ;;
    *) say "$1 cannot be run" && exit 1 ;;
  esac
}

# sets `chosen`, to nothing where Dashboards is left out. It refuses an OpenSearch of another major or of an older minor
# version, so it gets the version of the OpenSearch that is chosen.
choose_dashboards() {
  local version opensearch
  case "${DASHBOARDS_IMAGE:-}" in
    none) chosen= ;;
    ?*) choose "$DASHBOARDS_IMAGE" "" "" ;;
    *)
      choose "${OPENSEARCH_IMAGE:-}" "$OPENSEARCH" "$LOCAL_OPENSEARCH"
      opensearch=$chosen
      version=$(docker run --rm --network none --entrypoint sh "$opensearch" -c 'ls /usr/share/opensearch/lib' |
        sed -n 's/^opensearch-core-\([0-9.]*\)\.jar$/\1/p')
      chosen=$DASHBOARDS:$version
      if [ -n "$version" ] && here "$chosen"; then return; fi
      say "OpenSearch Dashboards is left out: $chosen is not on this machine and cannot be pulled. All else works without."
      say "To have it, load that image (docker load) or name another: DASHBOARDS_IMAGE=... (see docs/dashboards.md)"
      chosen=
      ;;
  esac
}

one() {
  case "$1" in
    opensearch)
      choose "${OPENSEARCH_IMAGE:-}" "$OPENSEARCH" "$LOCAL_OPENSEARCH"
      ask_security "$chosen"
      printf 'OPENSEARCH_IMAGE=%s\nOPENSEARCH_SECURED=%s\n' "$chosen" "$security"
      ;;
    opensearch-2)
      choose "${OPENSEARCH_2_IMAGE:-}" "$OPENSEARCH_2" "$LOCAL_OPENSEARCH_2"
      ask_security "$chosen"
      printf 'OPENSEARCH_2_IMAGE=%s\nOPENSEARCH_2_SECURED=%s\n' "$chosen" "$security"
      ;;
    dashboards)
      choose_dashboards
      printf 'DASHBOARDS_IMAGE=%s\n' "$chosen"
      ;;
    shipper)
      choose "${FLOWTAP_SHIPPER_IMAGE:-}" "" "$LOCAL_SHIPPER"
      printf 'FLOWTAP_SHIPPER_IMAGE=%s\n' "$chosen"
      ;;
    suricata)
      choose "${SURICATA_IMAGE:-}" "" "$LOCAL_SURICATA"
      printf 'SURICATA_IMAGE=%s\n' "$chosen"
      ;;
    all)
      for each in opensearch opensearch-2 dashboards shipper suricata; do one "$each"; done
      ;;
    *)
      say "unknown image: $1 (opensearch, opensearch-2, dashboards, shipper, suricata, all)"
      exit 2
      ;;
  esac
}

docker version >/dev/null 2>&1 || {
  say "no container engine answers; start it: $HERE/engine.sh"
  exit 3
}
for name in "${@:-all}"; do one "$name"; done
