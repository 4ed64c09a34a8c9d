"""A systemd unit for `shipper run`: text made from settings, confined to what a run needs. Pure."""

import shlex
from collections.abc import Sequence

from shipper.config import Loaded


def unit(command: Sequence[str], loaded: Loaded) -> str:
    """The unit's file. `command` is absolute; credentials stay in the settings file, which the user `flowtap` reads.

    systemd.exec(5), systemd.service(5). 143 is how a run ends on SIGTERM.
    """
    line = shlex.join(command).replace("%", "%%").replace("$", "$$")  # systemd.unit(5): specifiers and variables
    own = "directory" in loaded.settings.state.model_fields_set
    state = loaded.state_directory if own else "/var/lib/flowtap"
    return f"""\
[Unit]
Description=flowtap: live inputs into OpenSearch
Documentation=man:systemd.exec(5)
Wants=network-online.target
After=network-online.target

[Service]
ExecStart={line}
User=flowtap
Group=flowtap
StateDirectory=flowtap
ReadWritePaths=-{state}
Environment=SHIPPER_STATE__DIRECTORY={state}
Restart=on-failure
RestartSec=5
SuccessExitStatus=130 143
TimeoutStopSec=90
KillMode=mixed
CapabilityBoundingSet=
NoNewPrivileges=true
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=true
PrivateDevices=true
ProtectClock=true
ProtectControlGroups=true
ProtectHostname=true
ProtectKernelLogs=true
ProtectKernelModules=true
ProtectKernelTunables=true
LockPersonality=true
MemoryDenyWriteExecute=true
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=true
RestrictRealtime=true
RestrictSUIDSGID=true
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077
MemoryMax=512M

[Install]
WantedBy=multi-user.target
"""
