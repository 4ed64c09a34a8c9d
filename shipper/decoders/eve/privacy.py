"""What of an event is somebody's own: payloads, bodies, user names. By dataset: kept, left out, or hashed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shipper.decoders.eve.table import Kind


class Choice(StrEnum):
    """What becomes of a value. A hash keeps equal values equal; names that can be guessed can be found by guessing."""

    KEEP = "keep"
    HASH = "hash"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Privacy:
    """One choice for each sort of value."""

    payloads: Choice = Choice.KEEP
    bodies: Choice = Choice.KEEP
    user_names: Choice = Choice.KEEP


# By path in EVE.
PAYLOADS: Final = (
    "payload", "payload_printable", "packet", "frame.payload", "frame.payload_printable",
)  # fmt: skip
BODIES: Final = (
    "http.http_request_body", "http.http_request_body_printable", "http.http_response_body",
    "http.http_response_body_printable", "websocket.payload_base64", "websocket.payload_printable",
    "mqtt.publish.message", "mqtt.connect.will.message", "pop3.response.data", "modbus.request.data",
    "modbus.response.data", "email.subject", "pgsql.request.simple_query",
)  # fmt: skip
USER_NAMES: Final = (
    "smb.ntlmssp.user", "krb5.cname", "smb.kerberos.snames", "mqtt.connect.username", "mqtt.connect.password",
    "rdp.cookie",
    "ldap.request.bind_request.name", "pgsql.request.startup_parameters.user", "pgsql.request.password",
    "smtp.mail_from", "smtp.rcpt_to", "email.from", "email.to", "email.cc", "email.bcc", "ftp.command_data",
    "pop3.request.args",
    "http.authorization", "snmp.community", "snmp.usm",
)  # fmt: skip

_KINDS: Final = {Choice.HASH: Kind.HASHED, Choice.DROP: Kind.DROPPED}


def kinds(privacy: Privacy) -> Mapping[str, Kind]:
    """The kinds that take the place of the tables' own, by path in EVE."""
    chosen = ((PAYLOADS, privacy.payloads), (BODIES, privacy.bodies), (USER_NAMES, privacy.user_names))
    return {path: _KINDS[choice] for paths, choice in chosen if choice in _KINDS for path in paths}
