"""What a sensor is like: the values that `suricata.config` puts into suricata.yaml, checked. No files are read."""

import re
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from suricata.errors import BadSensor

DEFAULT_HOME_NET = "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7"
LEAST_MEMORY_MIB = 128
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,14}")  # IFNAMSIZ of Linux: 16 with the NUL
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class Sensor:
    """One Suricata. Paths are absolute, and the same for Suricata and for whoever writes the files.

    `interface` empty: pcaps only. `home_net`: addresses and networks, separated by commas, "!" before what is not.
    `exclude_ports`: traffic that is not captured. `run_as`: a user to become, for a Suricata that root starts.
    `offline`: for captures that are analysed, each time with the same result: one thread, and nothing left to chance.
    """

    directory: Path
    name: str
    home_net: str = DEFAULT_HOME_NET
    interface: str = ""
    threads: int = 0
    exclude_ports: str = ""
    capture_filter: str = ""
    mtu: int = 9001
    ring_frames: int = 2048
    memory_mib: int = 768
    midstream: bool = False
    alert_payloads: bool = True
    stats_seconds: int = 30
    log_directory: Path = Path("/var/log/suricata")
    socket: Path = Path("/run/suricata/suricata-command.socket")
    run_as: str = ""
    offline: bool = False

    def __post_init__(self) -> None:
        """Raises BadSensor, naming the value."""
        _must(_NAME, "sensor_name", self.name, "letters, digits, dots, dashes; at most 64")
        for key, kind, value in (("interface", _INTERFACE, self.interface), ("run_as", _ACCOUNT, self.run_as)):
            if value:
                _must(kind, key, value, "the name of one")
        for key, path in (
            ("directory", self.directory),
            ("log_directory", self.log_directory),
            ("socket", self.socket),
        ):
            if not path.is_absolute() or not str(path).isprintable():
                raise BadSensor(f"{key}: {str(path)!r} is not an absolute path")
        if len(bytes(self.socket)) > 107:  # unix(7): sun_path
            raise BadSensor(f"socket: {self.socket} is longer than the 107 bytes that a socket's path may have")
        if not self.capture_filter.isprintable():
            raise BadSensor(f"capture_filter: {self.capture_filter!r} holds characters that a filter cannot have")
        if self.memory_mib < LEAST_MEMORY_MIB:
            raise BadSensor(
                f"memory_mib: {self.memory_mib} is too little for the hash tables; {LEAST_MEMORY_MIB} is enough"
            )
        _ = self.networks, self.excluded

    @property
    def networks(self) -> tuple[str, ...]:
        """HOME_NET's parts, in their normal form."""
        found = tuple(_network(part.strip()) for part in self.home_net.split(",") if part.strip())
        if not any(not part.startswith("!") for part in found):
            raise BadSensor(f"home_net: {self.home_net!r} names no network, such as 10.0.0.0/8")
        return found

    @property
    def excluded(self) -> tuple[int, ...]:
        """Ports whose traffic is not captured."""
        return tuple(_port(part.strip()) for part in self.exclude_ports.split(",") if part.strip())


def _must(pattern: re.Pattern[str], key: str, value: str, expected: str) -> None:
    if not pattern.fullmatch(value):
        raise BadSensor(f"{key}: {value!r} is not {expected}")


def _network(text: str) -> str:
    sign, bare = ("!", text[1:].strip()) if text.startswith("!") else ("", text)
    try:
        return sign + str(ip_network(bare))
    except ValueError as error:
        raise BadSensor(f"home_net: {text!r} is no network ({error})") from error


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) < 65536:
        raise BadSensor(f"exclude_ports: {text!r} is no port")
    return int(text)
