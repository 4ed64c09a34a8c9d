"""What there is in the endpoint's one account and region: documents as replies have them, by kind and id.

Not for several threads at once: the endpoint answers one request at a time.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Final

from aws.endpoint.fault import Fault, broken
from aws.endpoint.trouble import Trouble
from aws.mirror_rules import Limits
from aws.session import now

Document = dict[str, Any]

TARGET, FILTER, RULE, SESSION = (
    "traffic-mirror-target", "traffic-mirror-filter", "traffic-mirror-filter-rule", "traffic-mirror-session",
)  # fmt: skip
INSTANCE, INTERFACE, SUBNET, VPC = "instance", "network-interface", "subnet", "vpc"
GROUP, ENDPOINT, SERVICE = "security-group", "vpc-endpoint", "vpc-endpoint-service"

_PREFIXES: Final = {
    TARGET: "tmt", FILTER: "tmf", RULE: "tmfr", SESSION: "tms", INSTANCE: "i", INTERFACE: "eni", SUBNET: "subnet",
    VPC: "vpc", GROUP: "sg", ENDPOINT: "vpce", SERVICE: "vpce-svc",
}  # fmt: skip
# Amazon EC2 API Reference, "Error codes for the Amazon EC2 API".
_ABSENT: Final = {
    TARGET: "InvalidTrafficMirrorTargetId.NotFound",
    FILTER: "InvalidTrafficMirrorFilterId.NotFound",
    RULE: "InvalidTrafficMirrorFilterRuleId.NotFound",
    SESSION: "InvalidTrafficMirrorSessionId.NotFound",
    INSTANCE: "InvalidInstanceID.NotFound",
    INTERFACE: "InvalidNetworkInterfaceID.NotFound",
    SUBNET: "InvalidSubnetID.NotFound",
    VPC: "InvalidVpcID.NotFound",
    GROUP: "InvalidGroup.NotFound",
    ENDPOINT: "InvalidVpcEndpointId.NotFound",
    SERVICE: "InvalidVpcEndpointServiceId.NotFound",
}


def tags_key(kind: str) -> str:
    """Under which key a document of this kind has its tags."""
    return "TagSet" if kind == INTERFACE else "Tags"


def _no_documents() -> dict[str, dict[str, Document]]:
    return {kind: {} for kind in _PREFIXES}


@dataclass(slots=True)
class World:
    """Everything there is, by kind and id. `page` is how many results an answer has where the request says nothing."""

    account: str = "123456789012"
    region: str = "us-east-1"
    limits: Limits = field(default_factory=Limits)
    trouble: Trouble = field(default_factory=Trouble)
    clock: Callable[[], datetime] = now
    page: int = 1000
    kinds: dict[str, dict[str, Document]] = field(default_factory=_no_documents)
    large_instance_types: frozenset[str] = frozenset({"m5.24xlarge"})
    addresses: Counter[str] = field(default_factory=Counter)
    """How many addresses were given of each subnet."""
    _fresh: dict[str, int] = field(default_factory=dict)
    _ghosts: dict[str, tuple[str, Document, int]] = field(default_factory=dict)
    _tokens: dict[tuple[str, str], tuple[str, Document]] = field(default_factory=dict)
    _made: int = 0
    _random: Random = field(default_factory=lambda: Random(4789))  # noqa: S311  (VNIs, not secrets)

    def new_id(self, kind: str) -> str:
        """An id that nothing had before."""
        self._made += 1
        return f"{_PREFIXES[kind]}-{self._made:017x}"

    def add(self, kind: str, identity: str, document: Document) -> None:
        """Put something in; seen after as many reads as the trouble says."""
        self.kinds[kind][identity] = document
        if self.trouble.stale_reads:
            self._fresh[identity] = self.trouble.stale_reads

    def get(self, kind: str, identity: str) -> Document:
        """What has this id. Raises Fault where it is not there, or not seen yet."""
        found = self.kinds[kind].get(identity)
        if found is None or self._unseen(identity):
            raise Fault(_ABSENT[kind], f"The {kind} ID '{identity}' does not exist")
        return found

    def remove(self, kind: str, identity: str) -> None:
        """Take something away; still listed for as many reads as the trouble says."""
        document = self.kinds[kind].pop(identity)
        self._fresh.pop(identity, None)
        if self.trouble.stale_reads:
            self._ghosts[identity] = (kind, document, self.trouble.stale_reads)

    def listed(self, kind: str) -> Iterator[tuple[str, Document]]:
        """What a describe call sees, by id."""
        seen = {identity: document for identity, document in self.kinds[kind].items() if not self._unseen(identity)}
        for identity, (whose, document, left) in [*self._ghosts.items()]:
            if whose == kind:
                seen[identity] = document
                self._ghosts[identity] = (whose, document, left - 1)
                if left <= 1:
                    del self._ghosts[identity]
        return iter(sorted(seen.items()))

    def all(self, kind: str) -> Iterable[Document]:
        """What there really is of a kind."""
        return self.kinds[kind].values()

    def remember(self, operation: str, asked: Mapping[str, Any], make: Callable[[], Document]) -> Document:
        """The answer to a request with a client token: a new one, or the one it had before."""
        token = asked.get("ClientToken")
        if not token:
            return make()
        print_ = json.dumps({name: value for name, value in asked.items() if name != "ClientToken"}, sort_keys=True)
        if (known := self._tokens.get((operation, token))) is not None:
            if known[0] != print_:
                raise broken("IdempotentParameterMismatch", "client-token", f"ClientToken {token}")
            return known[1]
        made = make() | {"ClientToken": token}
        self._tokens[operation, token] = (print_, made)
        return made

    def vni(self) -> int:
        """A VNI that no session has."""
        used = {session["VirtualNetworkId"] for session in self.all(SESSION)}
        return next(vni for vni in iter(lambda: self._random.randrange(1, 1 << 24), -1) if vni not in used)

    def delete_interface(self, identity: str) -> None:
        """As when its instance is terminated. Its sessions go along (rule interface-gone)."""
        for session in [*self.all(SESSION)]:
            if session["NetworkInterfaceId"] == identity:
                self.remove(SESSION, session["TrafficMirrorSessionId"])
        self.remove(INTERFACE, identity)

    def _unseen(self, identity: str) -> bool:
        left = self._fresh.get(identity, 0)
        if left:
            self._fresh[identity] = left - 1
        return left > 0
