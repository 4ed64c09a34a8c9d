#!/usr/bin/env bash
# The stack of compose.yaml on this host.
#
# stack.sh up                 engine, images, certificates, node, users, schema, dashboards; may be run again at any time
# stack.sh status             what runs, where
# stack.sh down               stops and removes the containers; data and passwords stay
# stack.sh destroy [--yes]    removes data, passwords and the connection file as well
# stack.sh compose ARG...     docker compose with this stack's settings
#
# SHIPPER_STACK_FILE          connection file that `shipper` on this host reads by itself [~/.config/flowtap/stack.toml];
#                             passwords and certificates lie beside it, in a folder of the same name without .toml
# FLOWTAP_OPENSEARCH_PORT     port on 127.0.0.1 [9200]
# FLOWTAP_DASHBOARDS_PORT     port of OpenSearch Dashboards on 127.0.0.1, kept [5601]
# DASHBOARDS_IMAGE            none: the stack has no Dashboards; kept, and empty means what can be had again [what can be had]
# FLOWTAP_CAPTURE_INTERFACE   interface of this host that Suricata captures; kept, and empty turns it off [off]
# FLOWTAP_MIRROR_ADDRESS      address of this host for mirrored packets (VXLAN, UDP 4789): a listener hands them to Suricata, and
#                             `run` ships what it says of them; kept, and empty turns it off [off]. Who a VNI stands for:
#                             FLOWTAP_MIRROR_DIRECTORY/inventory.json [~/.config/flowtap/mirror]
# FLOWTAP_MIRROR_PORT, FLOWTAP_MIRROR_HTTP_PORT, FLOWTAP_MIRROR_PAIR   [4789], [9465] on 127.0.0.1, veth pair [mirror]0 and 1
# FLOWTAP_PCAPS               yes: a Suricata for `shipper backfill pcap` and `suricata analyze` inside the stack; kept, and
#                             empty turns it off [off]
# SHIPPER_SURICATA__...       settings of the sensor (docs/settings.md), kept; its folder lies beside the connection file:
#                             FLOWTAP_SURICATA_DIRECTORY [~/.config/flowtap/suricata]
# FLOWTAP_EVE_BYTES, FLOWTAP_EVE_KEEP   eve.json is rotated at this size [256 MiB], so many old ones stay [10]
# COMPOSE_PROJECT_NAME        a second stack beside the first, with a port and a connection file of its own [flowtap]
# OPENSEARCH_IMAGE ...        see images.sh
set -euo pipefail
umask 077
export COPYFILE_DISABLE=1 # macOS: tar would add a file for each extended attribute

HERE=$(cd "$(dirname "$0")" && pwd)
export COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-flowtap}
readonly HERE
STACK_FILE=${SHIPPER_STACK_FILE:-${XDG_CONFIG_HOME:-$HOME/.config}/flowtap/stack.toml}
case "$STACK_FILE" in /*) ;; *) STACK_FILE=$PWD/$STACK_FILE ;; esac
readonly STACK_FILE
readonly KEPT=${STACK_FILE%.toml}
readonly SETTINGS=$KEPT/compose.env
readonly PORT=${FLOWTAP_OPENSEARCH_PORT:-9200}
readonly START_SECONDS=240
readonly SEEN_AS=/etc/suricata/flowtap # where compose.yaml mounts the sensor's folder

say() { printf '%s\n' "$*" >&2; }
# The settings of this stack as `up` wrote them, whatever the environment says now.
compose() {
  env -u OPENSEARCH_IMAGE -u FLOWTAP_SHIPPER_IMAGE -u FLOWTAP_SECURITY -u FLOWTAP_CERTIFICATES -u FLOWTAP_CONNECTION \
    -u DASHBOARDS_IMAGE -u FLOWTAP_DASHBOARDS_PORT -u FLOWTAP_DASHBOARDS_DIGEST -u FLOWTAP_DASHBOARDS_MEMORY \
    -u FLOWTAP_OPENSEARCH_PORT -u FLOWTAP_OPENSEARCH_HEAP -u FLOWTAP_OPENSEARCH_MEMORY -u SURICATA_IMAGE \
    -u FLOWTAP_MIRROR_ADDRESS -u FLOWTAP_MIRROR_PORT -u FLOWTAP_MIRROR_HTTP_PORT -u FLOWTAP_MIRROR_PAIR \
    -u FLOWTAP_MIRROR_DIRECTORY -u FLOWTAP_MIRROR_NAME -u FLOWTAP_VLAN_IS_VNI -u SHIPPER_MIRROR__INVENTORY \
    -u FLOWTAP_CAPTURE_INTERFACE -u FLOWTAP_SURICATA_DIRECTORY -u FLOWTAP_SENSOR_DIGEST -u FLOWTAP_PCAPS \
    -u COMPOSE_PROFILES \
    docker compose --project-directory "$HERE" --file "$HERE/compose.yaml" --env-file "$SETTINGS" "$@"
}

known() {
  [ -f "$SETTINGS" ] || {
    say "There is no stack here yet ($STACK_FILE has no folder beside it). Start one: $0 up"
    exit 3
  }
}

# Passwords and certificates are removed by `destroy`, so they get a folder of their own.
own_folder() {
  case "$STACK_FILE" in
    */?*.toml) ;;
    *)
      say "SHIPPER_STACK_FILE must be a path that ends in .toml, not $STACK_FILE"
      exit 3
      ;;
  esac
  if [ -d "$KEPT" ] && [ ! -f "$SETTINGS" ] && [ -n "$(ls -A "$KEPT")" ]; then
    say "$KEPT holds something that is not this stack's. Name another connection file: SHIPPER_STACK_FILE=... $0 up"
    exit 3
  fi
  mkdir -p "$KEPT"
}

# Two runs for one project would take each other's containers away, and `destroy` somebody else's documents.
alone() {
  local other
  if command -v flock >/dev/null; then
    exec 8>>"${TMPDIR:-/tmp}/flowtap-stack-$(id -u)-$COMPOSE_PROJECT_NAME.lock"
    flock -w 600 8 || {
      say "Another run for the stack \"$COMPOSE_PROJECT_NAME\" is still at work: wait for it, then run this again."
      exit 3
    }
  fi
  while IFS= read -r other; do
    if [ -n "$other" ] && [ "$other" != "$STACK_FILE" ]; then
      say "The containers of \"$COMPOSE_PROJECT_NAME\" belong to the stack of $other, not of $STACK_FILE."
      say "Meant that one? SHIPPER_STACK_FILE=$other. A second stack? COMPOSE_PROJECT_NAME=name FLOWTAP_OPENSEARCH_PORT=9201 FLOWTAP_DASHBOARDS_PORT=5602"
      exit 3
    fi
  done < <(docker ps --all --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
    --format '{{.Label "flowtap.connection"}}')
}

# The file appears whole or not at all.
write() { cat >"$1.$$" && mv "$1.$$" "$1"; }

# A TOML basic string.
quoted() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"; }

# connection URL DASHBOARDS_URL CA_FILE: what a client needs. The operator may do everything to flowtap's indices and templates, and
# no documents of others (opensearch/roles).
connection() {
  printf '# Written by docker/stack.sh up; read by every shipper command.\nurl = %s\n' "$(quoted "$1")"
  if [ "$FLOWTAP_SECURITY" = secured ]; then
    printf 'username = "flowtap_operator"\npassword = %s\nca_file = %s\n' \
      "$(quoted "$(cat "$KEPT/flowtap_operator.password")")" "$(quoted "$3")"
  fi
  [ -z "$dashboards_image" ] ||
    printf 'dashboards_url = %s\ndashboards_browser_url = %s\n' "$(quoted "$2")" "$(quoted "$dashboards_url")"
}

# A stack keeps its image: another one might not read its data, or not ask for passwords any more.
choose() {
  local line
  if [ -z "${OPENSEARCH_IMAGE:-}" ] && [ -f "$SETTINGS" ]; then
    OPENSEARCH_IMAGE=$(sed -n 's/^OPENSEARCH_IMAGE=//p' "$SETTINGS")
    export OPENSEARCH_IMAGE
  fi
  # Asked for by name it is kept; what could be had last time is looked for again.
  dashboards_asked=${DASHBOARDS_IMAGE-$(kept DASHBOARDS_ASKED)}
  dashboards_port=${FLOWTAP_DASHBOARDS_PORT:-$(kept FLOWTAP_DASHBOARDS_PORT)}
  dashboards_port=${dashboards_port:-5601}
  chosen=$(DASHBOARDS_IMAGE=$dashboards_asked "$HERE/images.sh" opensearch dashboards shipper)
  FLOWTAP_SECURITY=plain
  FLOWTAP_CERTIFICATES=none
  case "$chosen" in *OPENSEARCH_SECURED=true*) FLOWTAP_SECURITY=secured ;; esac
  while IFS= read -r line; do
    case "$line" in
      OPENSEARCH_IMAGE=*) image=${line#*=} ;;
      DASHBOARDS_IMAGE=*) dashboards_image=${line#*=} ;;
      FLOWTAP_SHIPPER_IMAGE=*) shipper_image=${line#*=} ;;
    esac
  done <<<"$chosen"
  if [ "$FLOWTAP_SECURITY" = secured ]; then
    "$HERE/opensearch/secure.sh" "$KEPT"
    FLOWTAP_CERTIFICATES=$(openssl x509 -in "$KEPT/node.pem" -noout -fingerprint -sha256 | tr -d : | sed 's/.*=//')
    scheme=https
  else
    scheme=http
  fi
  url=$scheme://127.0.0.1:$PORT
  dashboards_url=$scheme://127.0.0.1:$dashboards_port
  [ -z "$dashboards_image" ] || dashboards_digest=$("$HERE/dashboards/configure.sh" "$FLOWTAP_SECURITY" "$KEPT")
}

# Sets `interface`, `sensor` (the folder), `pcaps` and `suricata_image`; what is not said now is as it was.
choose_sensor() {
  pcaps=${FLOWTAP_PCAPS-$(kept FLOWTAP_PCAPS)}
  case "$pcaps" in no | off | false | 0) pcaps= ;; esac
  interface=${FLOWTAP_CAPTURE_INTERFACE-$(kept FLOWTAP_CAPTURE_INTERFACE)}
  sensor=${FLOWTAP_SURICATA_DIRECTORY:-$(kept FLOWTAP_SURICATA_DIRECTORY)}
  if [ -z "$sensor" ]; then
    case "$STACK_FILE" in */stack.toml) sensor=${STACK_FILE%/*}/suricata ;; *) sensor=$KEPT-suricata ;; esac
  fi
  choose_mirror
  [ -n "$interface$pcaps" ] || return 0
  if [ -n "$interface" ] && [ -z "$mirror_address" ] && [ -d /sys/class/net ] && [ ! -e "/sys/class/net/$interface" ]; then
    say "There is no interface $interface here, only: $(echo /sys/class/net/* | sed 's|/sys/class/net/||g')"
    say "Name one (FLOWTAP_CAPTURE_INTERFACE), or set it to nothing to capture none."
    exit 3
  fi
  if [ -z "${SURICATA_IMAGE:-}" ]; then
    SURICATA_IMAGE=$(kept SURICATA_IMAGE)
    export SURICATA_IMAGE
  fi
  suricata_image=$("$HERE/images.sh" suricata | sed -n 's/^SURICATA_IMAGE=//p')
}
# Sets `mirror_address`, and where it is not empty `pair`, `interface` (Suricata's end) and `inventory` (its folder).
choose_mirror() {
  mirror_address=${FLOWTAP_MIRROR_ADDRESS-$(kept FLOWTAP_MIRROR_ADDRESS)}
  pair=$(kept FLOWTAP_MIRROR_PAIR)
  if [ -z "$mirror_address" ]; then
    # The pair's end is an interface to capture only as long as there is a listener.
    if [ -z "${FLOWTAP_CAPTURE_INTERFACE:-}" ] && [ -n "$pair" ]; then interface=; fi
    return 0
  fi
  if [ -n "${FLOWTAP_CAPTURE_INTERFACE:-}" ]; then
    say "Suricata captures either an interface of this host or mirrored packets: set one of FLOWTAP_CAPTURE_INTERFACE and"
    say "FLOWTAP_MIRROR_ADDRESS, the other empty. A second stack (COMPOSE_PROJECT_NAME) does the other."
    exit 3
  fi
  pair=${FLOWTAP_MIRROR_PAIR:-${pair:-mirror}}
  interface=${pair}1
  inventory=${FLOWTAP_MIRROR_DIRECTORY:-$(kept FLOWTAP_MIRROR_DIRECTORY)}
  if [ -z "$inventory" ]; then
    case "$STACK_FILE" in */stack.toml) inventory=${STACK_FILE%/*}/mirror ;; *) inventory=$KEPT-mirror ;; esac
  fi
  (umask 022 && mkdir -p "$inventory")
  [ -e "$inventory/inventory.json" ] || (umask 022 && echo '{"sessions": []}' | write "$inventory/inventory.json")
}
or_else() {
  local found
  found=$(kept "$1")
  echo "${found:-$2}"
}
kept() { if [ -f "$SETTINGS" ]; then sed -n "s/^$1=//p" "$SETTINGS" | sed "s/^'\(.*\)'\$/\1/"; fi; }

# suricata.yaml and the first rules, by the command in its container, which sees the folder where Suricata sees it.
render_sensor() {
  [ -z "$interface$pcaps" ] || (umask 022 && mkdir -p "$sensor")
  [ -n "$interface" ] || return 0
  local settings=$KEPT/suricata.env
  # Later lines win: what is in the environment now goes over what was kept. The stack's own traffic is not captured:
  # telling of it would make more of it.
  {
    printf 'SHIPPER_SURICATA__EXCLUDE_PORTS=%s,9200,5601\nSHIPPER_SURICATA__SENSOR_NAME=%s\n' "$PORT" "$(uname -n)"
    [ ! -f "$settings" ] || cat "$settings"
    # Mirrored packets are those of others: nothing of theirs is left out.
    if [ -n "$mirror_address" ] && [ -z "$(kept FLOWTAP_MIRROR_ADDRESS)" ]; then echo SHIPPER_SURICATA__EXCLUDE_PORTS=; fi
    if [ -z "$mirror_address" ] && [ -n "$(kept FLOWTAP_MIRROR_ADDRESS)" ]; then
      echo "SHIPPER_SURICATA__EXCLUDE_PORTS=$PORT,9200,5601"
    fi
    env | grep '^SHIPPER_SURICATA__' || true
  } | awk -F= '{ seen[$1] = $0 } END { for (name in seen) print seen[name] }' | sort | write "$settings"
  docker run --rm --network none --cap-drop ALL --user "$(id -u):$(id -g)" --volume "$sensor:$SEEN_AS" \
    --env-file "$settings" --env SHIPPER_SURICATA__INTERFACE="$interface" --env SHIPPER_SURICATA__DIRECTORY="$SEEN_AS" \
    "$shipper_image" suricata render --force >/dev/null || {
    say "The sensor's configuration cannot be rendered (above: why)."
    exit 3
  }
}

# Before anything that uses it is started.
start_pair() {
  if [ -n "$mirror_address" ]; then
    compose up --detach --no-deps --wait --wait-timeout 60 mirror-veth >&2 || {
      compose logs --tail 15 mirror-veth >&2
      say "The veth pair ${pair}0 cannot be made (above: why). The engine must run on this host, with its network."
      exit 4
    }
  elif [ -n "$pair" ]; then
    remove_pair
  fi
}

# It is the host's, so it does not go with the containers.
remove_pair() {
  compose --profile mirror --profile live rm --stop --force mirror mirror-veth run >/dev/null 2>&1 || true
  docker run --rm --network host --user 0:0 --cap-drop ALL --cap-add NET_ADMIN --volume "$HERE/mirror/veth.sh:/veth.sh:ro" \
    --entrypoint bash "$(kept FLOWTAP_SHIPPER_IMAGE)" /veth.sh "${pair:-$(kept FLOWTAP_MIRROR_PAIR)}" remove || true
}

start_listener() {
  [ -n "$mirror_address" ] || return 0
  compose up --detach --wait --wait-timeout "$START_SECONDS" mirror run >&2 || {
    compose logs --tail 15 mirror >&2
    say "Mirrored packets cannot be listened to (above: why). Is $mirror_address an address of this host, its UDP port free?"
    say "Look: shipper mirror sensor check --address $mirror_address. Turn it off: FLOWTAP_MIRROR_ADDRESS= $0 up"
    exit 4
  }
}

start_pcaps() {
  if [ -z "$pcaps" ]; then
    compose --profile pcaps rm --stop --force suricata-pcaps >/dev/null 2>&1 || true
    return
  fi
  compose up --detach --wait --wait-timeout "$START_SECONDS" suricata-pcaps >&2 || {
    compose logs --tail 15 suricata-pcaps >&2
    say "The Suricata for captures does not start (above: its last words). Mend it, or turn it off: FLOWTAP_PCAPS= $0 up"
    exit 4
  }
}

start_sensor() {
  if [ -z "$interface" ]; then
    compose --profile capture rm --stop --force suricata suricata-rotate >/dev/null 2>&1 || true
    return
  fi
  compose up --detach --wait --wait-timeout "$START_SECONDS" suricata suricata-rotate >&2 || {
    compose logs --tail 15 suricata >&2
    say "Suricata does not capture $interface (above: its last words). Mend it, or turn it off: FLOWTAP_CAPTURE_INTERFACE= $0 up"
    exit 4
  }
}

write_settings() {
  local profiles=()
  [ -z "$dashboards_image" ] || profiles+=(dashboards)
  [ -z "$interface" ] || profiles+=(capture)
  [ -z "$mirror_address" ] || profiles+=(mirror live)
  [ -z "$pcaps" ] || profiles+=(pcaps)
  {
    echo '# Written by docker/stack.sh up.'
    printf 'OPENSEARCH_IMAGE=%s\nFLOWTAP_SHIPPER_IMAGE=%s\n' "$image" "$shipper_image"
    printf 'FLOWTAP_SECURITY=%s\nFLOWTAP_CERTIFICATES=%s\n' "$FLOWTAP_SECURITY" "$FLOWTAP_CERTIFICATES"
    printf "FLOWTAP_OPENSEARCH_PORT=%s\nFLOWTAP_CONNECTION='%s'\n" "$PORT" "$STACK_FILE"
    printf 'COMPOSE_PROFILES=%s\n' "$(
      IFS=,
      echo "${profiles[*]-}"
    )"
    printf 'DASHBOARDS_ASKED=%s\nFLOWTAP_DASHBOARDS_PORT=%s\n' "$dashboards_asked" "$dashboards_port"
    [ -z "$dashboards_image" ] ||
      printf 'DASHBOARDS_IMAGE=%s\nFLOWTAP_DASHBOARDS_DIGEST=%s\n' "$dashboards_image" "$dashboards_digest"
    [ -z "$interface$pcaps" ] || printf "SURICATA_IMAGE=%s\nFLOWTAP_SURICATA_DIRECTORY='%s'\n" "$suricata_image" "$sensor"
    [ -z "$pcaps" ] || echo "FLOWTAP_PCAPS=$pcaps"
    if [ -n "$interface" ]; then
      printf 'FLOWTAP_CAPTURE_INTERFACE=%s\nFLOWTAP_SENSOR_DIGEST=%s\n' "$interface" "$(cksum <"$sensor/suricata.yaml" | tr ' ' -)"
    fi
    if [ -n "$mirror_address" ]; then
      printf "FLOWTAP_MIRROR_ADDRESS=%s\nFLOWTAP_MIRROR_PAIR=%s\nFLOWTAP_MIRROR_DIRECTORY='%s'\n" "$mirror_address" "$pair" "$inventory"
      printf 'FLOWTAP_MIRROR_PORT=%s\n' "${FLOWTAP_MIRROR_PORT:-$(or_else FLOWTAP_MIRROR_PORT 4789)}"
      printf 'FLOWTAP_MIRROR_HTTP_PORT=%s\n' "${FLOWTAP_MIRROR_HTTP_PORT:-$(or_else FLOWTAP_MIRROR_HTTP_PORT 9465)}"
      printf 'FLOWTAP_MIRROR_NAME=%s\nFLOWTAP_VLAN_IS_VNI=true\n' "$(uname -n)"
      printf 'SHIPPER_MIRROR__INVENTORY=/etc/flowtap-mirror/inventory.json\n'
    fi
    [ -z "${FLOWTAP_EVE_BYTES:-}" ] || printf 'FLOWTAP_EVE_BYTES=%s\n' "$FLOWTAP_EVE_BYTES"
    [ -z "${FLOWTAP_EVE_KEEP:-}" ] || printf 'FLOWTAP_EVE_KEEP=%s\n' "$FLOWTAP_EVE_KEEP"
    [ -z "${FLOWTAP_DASHBOARDS_MEMORY:-}" ] || printf 'FLOWTAP_DASHBOARDS_MEMORY=%s\n' "$FLOWTAP_DASHBOARDS_MEMORY"
    [ -z "${FLOWTAP_OPENSEARCH_HEAP:-}" ] || printf 'FLOWTAP_OPENSEARCH_HEAP=%s\n' "$FLOWTAP_OPENSEARCH_HEAP"
    [ -z "${FLOWTAP_OPENSEARCH_MEMORY:-}" ] || printf 'FLOWTAP_OPENSEARCH_MEMORY=%s\n' "$FLOWTAP_OPENSEARCH_MEMORY"
  } | write "$SETTINGS"
  # So that plain `docker compose -f docker/compose.yaml ...` means this stack. A second stack keeps its settings to itself.
  if [ "$COMPOSE_PROJECT_NAME" = flowtap ]; then
    write "$HERE/.env" <"$SETTINGS" || say "$HERE/.env cannot be written; use: $0 compose ..."
  fi
}

start_node() {
  compose --progress quiet create >&2
  if [ "$FLOWTAP_SECURITY" = secured ]; then
    "$HERE/opensearch/secure.sh" --load "$KEPT" "$image" "${COMPOSE_PROJECT_NAME}_opensearch-security"
  fi
  compose up --detach --wait --wait-timeout "$START_SECONDS" opensearch >&2 || {
    compose logs --tail 15 opensearch >&2
    say "OpenSearch did not start (above: its last words). Is port $PORT taken? Another one: FLOWTAP_OPENSEARCH_PORT=9201 $0 up"
    exit 4
  }
}

# For the containers: the same connection under the node's service name, in a volume that user 1000 can read.
hand_over_connection() {
  local staging files=stack.toml
  staging=$(mktemp -d)
  connection "$scheme://opensearch:9200" "$scheme://dashboards:5601" /etc/flowtap/ca.pem >"$staging/stack.toml"
  if [ "$FLOWTAP_SECURITY" = secured ]; then
    cp "$KEPT/ca.pem" "$staging/"
    files='stack.toml ca.pem'
  fi
  # shellcheck disable=SC2016,SC2086  # expanded inside the container; a list of words
  tar -C "$staging" -cf - $files |
    docker run --rm -i --user 0:0 --network none --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER \
      --volume "${COMPOSE_PROJECT_NAME}_operator-connection:/etc/flowtap" --entrypoint bash "$shipper_image" -euc \
      'cd /etc/flowtap; tar --no-same-owner -xf -; chown -R 1000:1000 .; chmod 0500 .; chmod 0400 ./*'
  rm -rf "$staging"
}

apply_schema() {
  local container status
  compose up --detach schema >&2
  container=$(compose ps --all --quiet schema)
  status=$(docker wait "$container")
  if [ "$status" != 0 ]; then
    compose logs --tail 15 schema >&2
    say "The schema could not be applied (above: why). Run this again when it is mended: $0 up"
    exit 4
  fi
}

# After this they are there: what opens is never an empty Dashboards.
start_dashboards() {
  if [ -z "$dashboards_image" ]; then
    compose --profile dashboards rm --stop --force dashboards dashboards-import >/dev/null 2>&1 || true
    return
  fi
  "$HERE/dashboards/configure.sh" "$FLOWTAP_SECURITY" "$KEPT" "$shipper_image" "${COMPOSE_PROJECT_NAME}_dashboards-settings"
  compose up --detach --wait --wait-timeout "$START_SECONDS" dashboards >&2 || {
    compose logs --tail 15 dashboards >&2
    say "OpenSearch Dashboards did not start (above: its last words). Is port $dashboards_port taken? Another one:"
    say "FLOWTAP_DASHBOARDS_PORT=5602 $0 up. All else runs; to leave it out: DASHBOARDS_IMAGE=none $0 up"
    exit 4
  }
  compose up --detach --no-deps dashboards-import >&2
  if [ "$(docker wait "$(compose ps --all --quiet dashboards-import)")" != 0 ]; then
    compose logs --tail 30 dashboards-import >&2
    say "The dashboards could not be imported (above: why). Run this again when it is mended: $0 up"
    exit 4
  fi
}

up() {
  local tool
  for tool in curl openssl tar; do
    command -v "$tool" >/dev/null || "$HERE/../tools/apt_install.sh" "$tool" ca-certificates || {
      say "$tool is missing: install it with the system's package manager, then run this again."
      exit 3
    }
  done
  "$HERE/engine.sh"
  alone
  own_folder
  choose_sensor
  choose
  render_sensor
  write_settings
  start_node
  if [ "$FLOWTAP_SECURITY" = secured ]; then "$HERE/opensearch/users.sh" "$url" "$KEPT"; fi
  connection "$url" "$dashboards_url" "$KEPT/ca.pem" | write "$STACK_FILE"
  hand_over_connection
  start_pair
  apply_schema
  start_sensor
  start_pcaps
  start_listener
  start_dashboards
  report
}

report() {
  echo "OpenSearch    $url ($image, $FLOWTAP_SECURITY)"
  if [ "$FLOWTAP_SECURITY" = secured ]; then
    echo "users         flowtap_operator, flowtap_writer, flowtap_reader, admin: passwords in $KEPT/<user>.password"
  else
    echo "              asks for no password: this image has no security plugin, and it listens on 127.0.0.1 only"
  fi
  if [ -n "$dashboards_image" ]; then
    echo "Dashboards    $dashboards_url ($dashboards_image)"
    [ "$FLOWTAP_SECURITY" = plain ] || echo "              log in as flowtap_reader; the browser asks about the certificate: it is from $KEPT/ca.pem"
  elif [ "$dashboards_asked" = none ]; then
    echo "Dashboards    left out, as was said (DASHBOARDS_IMAGE=none)"
  else
    echo "Dashboards    left out: its image cannot be had here (docs/dashboards.md says what to do); all else runs"
  fi
  echo "connection    $STACK_FILE (shipper on this host finds it by itself)"
  [ -z "$mirror_address" ] ||
    echo "mirrored      to $mirror_address, UDP $(kept FLOWTAP_MIRROR_PORT); who a VNI stands for: $inventory/inventory.json"
  [ -z "$interface" ] || echo "Suricata      captures $interface; its rules: $sensor/rules; shipper suricata stats"
  [ -z "$pcaps" ] || echo "captures      $0 compose run --rm shipper backfill pcap FILE"
  echo "next          shipper doctor; shipper backfill flowlogs FOLDER; $0 status; $0 down"
}

status() {
  known
  compose --profile tools --profile capture --profile pcaps --profile mirror --profile live --profile dashboards ps --all
  [ -z "$(kept FLOWTAP_CAPTURE_INTERFACE)" ] ||
    printf 'Suricata      captures %s; rules in %s\n' "$(kept FLOWTAP_CAPTURE_INTERFACE)" "$(kept FLOWTAP_SURICATA_DIRECTORY)/rules"
  [ -z "$(kept DASHBOARDS_IMAGE)" ] || [ ! -f "$STACK_FILE" ] ||
    printf 'Dashboards    %s\n' "$(sed -n 's/^dashboards_browser_url = "\(.*\)"$/\1/p' "$STACK_FILE")"
  [ ! -f "$STACK_FILE" ] || printf 'connection    %s  %s\n' "$STACK_FILE" "$(sed -n 's/^url = //p' "$STACK_FILE")"
}

destroy() {
  known
  if [ "${1:-}" != --yes ]; then
    [ -t 0 ] || {
      say "destroy removes all stored documents; without a terminal say so: $0 destroy --yes"
      exit 2
    }
    printf 'Remove the stack "%s" with all its documents, passwords and %s? [y/N] ' "$COMPOSE_PROJECT_NAME" "$STACK_FILE" >&2
    read -r answer
    case "$answer" in y | Y | yes) ;; *) exit 1 ;; esac
  fi
  alone
  sensor=$(kept FLOWTAP_SURICATA_DIRECTORY)
  [ -z "$(kept FLOWTAP_MIRROR_ADDRESS)" ] || remove_pair
  compose --profile tools --profile capture --profile pcaps --profile mirror --profile live --profile dashboards down --volumes --remove-orphans >&2
  [ -z "$sensor" ] || say "The sensor's rules stay in $sensor."
  rm -f "$STACK_FILE" "$SETTINGS" "$KEPT/suricata.env" "$KEPT"/*.pem "$KEPT"/*.password
  rmdir "$KEPT" || say "$KEPT holds something that is not this stack's, so it stays."
  if [ "$COMPOSE_PROJECT_NAME" = flowtap ]; then rm -f "$HERE/.env"; fi
}

command=${1:-}
[ $# = 0 ] || shift
case "$command" in
  up) up ;;
  status) status ;;
  down)
    known
    alone
    [ -z "$(kept FLOWTAP_MIRROR_ADDRESS)" ] || remove_pair
    compose --profile tools --profile capture --profile pcaps --profile mirror --profile live --profile dashboards down --remove-orphans >&2
    ;;
  destroy) destroy "$@" ;;
  compose)
    known
    compose "$@"
    ;;
  *)
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0" >&2
    exit 2
    ;;
esac
