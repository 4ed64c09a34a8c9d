"""What can be loaded: kind of records → how a stream of them is framed and decoded, and the datasets it may emit.

A new kind of records is a row here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from shipper.decoders.bulk_lines import Operation
from shipper.decoders.eve.decoder import EveDecoder
from shipper.decoders.eve.event import DATASETS as EVE_DATASETS
from shipper.decoders.eve.privacy import Privacy
from shipper.decoders.eve.sessions import MirrorSessions
from shipper.decoders.flow_log.columnar import ColumnarFlowLogDecoder
from shipper.decoders.flow_log.exact import FlowLogDecoder
from shipper.decoders.flow_log.header import find_header
from shipper.decoders.flow_log.lines import record_lines
from shipper.decoders.flow_log.selection import Selection
from shipper.decoders.other_logs import other_name
from shipper.identity import Framing
from shipper.interfaces import Decoder
from shipper.partition import PartitionRule
from suricata.settled import basis


@dataclass(frozen=True, slots=True)
class DecoderParts:
    """What any decoder is made from. `settings` are the stream's own and travel with its dead letters."""

    rules: Mapping[str, PartitionRule]
    settings: Mapping[str, str]
    operation: Operation = "create"
    expire_before: Mapping[str, datetime] = field(default_factory=dict)
    privacy: Mapping[str, Privacy] = field(default_factory=dict)
    sessions: Callable[[], MirrorSessions] = MirrorSessions


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of records. `whole`: an input is loaded whole or begun again, its records come in another order then."""

    datasets: tuple[str, ...]
    framing: Framing
    decoder: Callable[[DecoderParts], Decoder]
    whole: bool = False


def _flow_log_decoder(parts: DecoderParts) -> Decoder:
    exact = FlowLogDecoder(
        parts.rules["aws.vpcflow"],
        parts.rules["aws.tgwflow"],
        given_format=parts.settings.get("format"),
        flow_log_id=parts.settings.get("flow_log_id"),
        selection=Selection.of(parts.settings),
        expire_before=parts.expire_before,
        operation=parts.operation,
    )
    return ColumnarFlowLogDecoder(exact)


def _eve_decoder(parts: DecoderParts, basis: Callable[[bytes], bytes] | None = None) -> Decoder:
    return EveDecoder(
        parts.rules,
        sensor=parts.settings.get("sensor", ""),
        sessions=parts.sessions if "vlan_is_vni" in parts.settings else None,
        privacy=parts.privacy,
        expire_before=parts.expire_before,
        operation=parts.operation,
        basis=basis,
    )


def _no_header(_lines: bytes) -> None:
    """Events name their fields themselves."""


KINDS: Mapping[str, Row] = {
    "flowlogs": Row(("aws.vpcflow", "aws.tgwflow"), Framing(find_header, record_lines, other_name), _flow_log_decoder),
    "eve": Row(EVE_DATASETS, Framing(_no_header), _eve_decoder),
    "pcap": Row(EVE_DATASETS, Framing(_no_header), partial(_eve_decoder, basis=basis), whole=True),
}
