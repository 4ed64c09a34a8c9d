"""The captured connection that the day's packets are made of: a login over FTP, from Suricata's own tests.

It is `tests/data/pcaps/ftp-epsv.pcap`, under the licence beside it (MIT, Open Information Security Foundation). Here
it gets two of the cast as its ends; ports, sizes, distances in time and what was said stay.
"""

from functools import cache
from pathlib import Path

from demo import network as cast
from demo.flow import Ends, Flow, Span, Verdict
from demo.packets import moved, packets, volume

SCENE = "login_in_the_clear"
SID = 9000011
"""The rule of suricata/rules/local.rules that the login sets off."""

_CLIENT, _SERVER = "192.168.1.182", "192.168.1.231"
_NAMES = {_CLIENT: cast.OFFICE, _SERVER: cast.LEGACY.address}
_PCAP = Path(__file__).parents[1] / "tests" / "data" / "pcaps" / "ftp-epsv.pcap"


@cache
def _capture() -> bytes:
    return _PCAP.read_bytes()


def seconds() -> int:
    """From the second of the first packet to that of the last."""
    moments = [packet.moment // 1_000_000 for packet in packets(_capture())]
    return moments[-1] - moments[0]


def connection(start: int) -> Flow:
    """The connection as a flow that begins in this second, with the very numbers of the capture."""
    _, client_port, _, server_port = next(packets(_capture())).ends
    ends = Ends(_NAMES[_CLIENT], _NAMES[_SERVER], server_port)
    request, response = volume(_capture(), _CLIENT), volume(_capture(), _SERVER)
    return Flow(SCENE, ends, client_port, Span(start, seconds()), request, response, Verdict.ANSWERED)


def mirrored(flow: Flow) -> bytes:
    """Its packets, as a mirror session of the server's interface would have sent them: a pcap."""
    return moved(_capture(), flow.span.start, _NAMES)
