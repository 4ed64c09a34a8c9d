#!/usr/bin/env bash
# A container engine with Compose v2 and buildx, for everything else in this folder.
#
# Where they answer already, this does nothing. On Debian and Ubuntu, as root, it installs what is missing from the
# distribution and starts the engine; anywhere else it says what to do and ends with 3. It may be run any number of times.
set -euo pipefail

readonly LOG=/var/log/flowtap-dockerd.log
readonly LOCK=/run/lock/flowtap-engine.lock
readonly WAIT_SECONDS=90

say() { printf 'engine: %s\n' "$*" >&2; }
refuse() {
  say "$1"
  shift
  for line in "$@"; do printf '        %s\n' "$line" >&2; done
  exit 3
}

# macOS has no timeout(1); there Docker Desktop answers or refuses at once.
limited() {
  if command -v timeout >/dev/null; then timeout "$@"; else shift && "$@"; fi
}
# Not `docker info`: some versions of it end with 0 when no engine answers.
answers() { limited 15 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
has_compose() {
  case "$(docker compose version --short 2>/dev/null)" in v[2-9]* | [2-9]*) ;; *) return 1 ;; esac
}
has_buildx() { docker buildx version >/dev/null 2>&1; }
has_client() { command -v docker >/dev/null; }

ready() { has_client && has_compose && has_buildx && answers; }

# The packages that bring what is missing. Compose v2 is called docker-compose in Debian 13, docker-compose-v2 in Ubuntu
# (there docker-compose is the old v1).
missing_packages() {
  local compose=docker-compose
  [ "$ID" = ubuntu ] && compose=docker-compose-v2
  command -v dockerd >/dev/null || echo docker.io
  command -v iptables >/dev/null || echo iptables
  if ! has_client && [ "$ID" = debian ]; then echo docker-cli; fi
  has_compose || echo "$compose"
  has_buildx || echo docker-buildx
}

# head(1) would end before its input does, which pipefail takes for a failure.
first_line() { awk 'NR == 1'; }

# Debian 12 has neither Compose v2 nor buildx; Debian 13 has, in packages that need no newer libc. So its suite is added
# from the mirror and with the key of the sources that are installed, below everything else (apt_preferences(5): at
# priority 100 nothing is taken from it but what is asked for by name, as NAME/trixie; `-t trixie` would bring the newer
# libc and all that hangs on it).
# shellcheck disable=SC2016  # apt's own placeholders
add_trixie() {
  local mirror entry key
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' 2>/dev/null | first_line)
  [ -n "$mirror" ] || refuse "no apt source for Debian 12 is installed" \
    "Install Docker Engine with the compose and buildx plugins yourself, or upgrade to Debian 13, then run this again."
  entry=$(apt-get indextargets --format '$(SOURCESENTRY)' 'Created-By: Packages' 'Codename: bookworm' | first_line)
  key=$(sed -nE 's/^Signed-By: *([^ ]+).*/\1/p; s/.*signed-by=([^] ]+).*/\1/p' "${entry%:*}" 2>/dev/null | first_line)
  {
    printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\n' "$mirror"
    if [ -n "$key" ]; then printf 'Signed-By: %s\n' "$key"; fi
  } >/etc/apt/sources.list.d/flowtap-trixie.sources
  printf 'Package: *\nPin: release n=trixie\nPin-Priority: 100\n' >/etc/apt/preferences.d/flowtap-trixie
}

# One source out of order (a vendor's, say) must not stand in the way of the others: the install tells.
read_package_lists() {
  apt-get -qq -o DPkg::Lock::Timeout=300 update </dev/null >&2 || say "some package lists could not be read; going on"
}

install_packages() {
  local name
  local -a wanted=()
  say "installing $*"
  read_package_lists
  if [ "$ID" = debian ] && [[ $(apt-cache policy docker-compose) == *'Candidate: 1.'* ]]; then
    add_trixie
    read_package_lists
    for name in "$@"; do
      case "$name" in docker*) wanted+=("$name/trixie") ;; *) wanted+=("$name") ;; esac
    done
    set -- "${wanted[@]}"
  fi
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a apt-get -qq -y -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Use-Pty=0 install --no-install-recommends "$@" </dev/null >&2 ||
    refuse "the packages could not be installed (above: why)" \
      "Install Docker Engine with the compose and buildx plugins by hand, then run this again."
}

# runs PID NAME: whether that process is a NAME; a dead one that nobody has waited for has no exe any more.
runs() {
  [ -n "$1" ] && case "$(readlink "/proc/$1/exe" 2>/dev/null)" in */"$2" | */"$2 (deleted)") ;; *) return 1 ;; esac
}

# dockerd refuses to start, or waits for a containerd that is not there, when a pid file that it left behind names a
# process of something else.
drop_stale_pid_file() {
  local file=$1 name=$2 pid
  [ -f "$file" ] || return 0
  pid=$(tr -cd 0-9 <"$file")
  if ! runs "$pid" "$name"; then
    say "$name did not end cleanly; removing $file"
    rm -f "$file"
  fi
}

start_engine() {
  if [ -d /run/systemd/system ]; then
    say "starting the service"
    systemctl start docker >&2 || refuse "the service does not start" "Look at: journalctl -u docker"
  else
    drop_stale_pid_file /run/docker.pid dockerd
    drop_stale_pid_file /run/docker/containerd/containerd.pid containerd
    say "starting dockerd, log in $LOG"
    # Its own session and no inherited files (nor our lock): it outlives this shell.
    setsid nohup dockerd </dev/null >>"$LOG" 2>&1 9>&- &
  fi
}

wait_for_engine() {
  local deadline=$((SECONDS + WAIT_SECONDS))
  until answers; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      [ -f "$LOG" ] && grep -E 'level=(error|fatal)|failed' "$LOG" | tail -n 5 >&2
      refuse "the engine does not answer after $WAIT_SECONDS seconds" "Look at $LOG (or journalctl -u docker)."
    fi
    sleep 0.5
  done
}

running_dockerd() { runs "$(cat /run/docker.pid 2>/dev/null)" dockerd; }

if ready; then exit 0; fi

if [ -n "${DOCKER_HOST:-}" ] && [ "$DOCKER_HOST" != unix:///var/run/docker.sock ] && ! answers; then
  refuse "no engine answers at DOCKER_HOST=$DOCKER_HOST" "Start that engine, or unset DOCKER_HOST to use one on this machine."
fi
if [ ! -r /etc/os-release ]; then
  refuse "no container engine answers" "Start Docker Desktop (or install it: docs.docker.com/get-docker), then run this again."
fi
# shellcheck source=/dev/null
. /etc/os-release
case "$ID" in
  debian | ubuntu) ;;
  *) refuse "no container engine with Compose v2 and buildx answers, and this script knows Debian and Ubuntu only" \
    "Install Docker Engine with the compose and buildx plugins (docs.docker.com/engine/install), then run this again." ;;
esac
if [ "$(id -u)" != 0 ]; then
  refuse "no container engine with Compose v2 and buildx answers for the user $(id -un)" \
    "If one is running: sudo usermod -aG docker $(id -un), and log in again." \
    "If none is installed: sudo $0"
fi

mkdir -p "$(dirname "$LOCK")"
exec 9>"$LOCK"
flock -w 600 9 || refuse "another run of this script is still at work" "Wait for it, then run this again."

packages=$(missing_packages)
# shellcheck disable=SC2086  # a list of words
[ -z "$packages" ] || install_packages $packages
if ! answers; then
  running_dockerd || start_engine
  wait_for_engine
fi
ready || refuse "the engine answers, but Compose v2 or buildx does not" \
  "docker compose version; docker buildx version: the plugins belong into ~/.docker/cli-plugins or /usr/libexec/docker/cli-plugins."
say "ready: $(docker version --format 'engine {{.Server.Version}}'), compose $(docker compose version --short)"
