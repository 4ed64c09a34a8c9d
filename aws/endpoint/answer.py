"""One request answered: form in, status and XML out. Requests and replies are held against the installed model."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

from aws.endpoint import mirror_filters as filters
from aws.endpoint import mirror_sessions as sessions
from aws.endpoint import protocol
from aws.endpoint.describe import LISTINGS, describe, with_rules
from aws.endpoint.fault import Fault
from aws.endpoint.tagging import create_tags, delete_tags
from aws.endpoint.world import Document, World

Change = Callable[[World, Mapping[str, Any]], Document]

CHANGES: Final[Mapping[str, Change]] = {
    "CreateTrafficMirrorTarget": filters.create_target,
    "DeleteTrafficMirrorTarget": filters.delete_target,
    "CreateTrafficMirrorFilter": filters.create_filter,
    "DeleteTrafficMirrorFilter": filters.delete_filter,
    "ModifyTrafficMirrorFilterNetworkServices": filters.modify_services,
    "CreateTrafficMirrorFilterRule": filters.create_rule,
    "ModifyTrafficMirrorFilterRule": filters.modify_rule,
    "DeleteTrafficMirrorFilterRule": filters.delete_rule,
    "CreateTrafficMirrorSession": sessions.create_session,
    "ModifyTrafficMirrorSession": sessions.modify_session,
    "DeleteTrafficMirrorSession": sessions.delete_session,
    "CreateTags": create_tags,
    "DeleteTags": delete_tags,
}


@dataclass(slots=True)
class Endpoint:
    """A world and what was asked of it. For any number of threads: one request at a time."""

    world: World = field(default_factory=World)
    asked: list[str] = field(default_factory=list)
    """Every operation that was asked for, refused ones too."""
    _lock: Lock = field(default_factory=Lock)

    def answer(self, form: Mapping[str, str]) -> tuple[int, str]:
        """Status and XML."""
        with self._lock:
            try:
                operation = protocol.operation_of(form)
                self.asked.append(operation.name)
                asked = protocol.parameters(operation, form)
                protocol.check(operation.input_shape, asked)
                reply = self._reply(operation.name, asked)
                protocol.check(operation.output_shape, reply)
                return 200, protocol.reply_xml(operation, reply)
            except Fault as fault:
                return fault.status, protocol.fault_xml(fault)

    def _reply(self, name: str, asked: Mapping[str, Any]) -> Document:
        self.world.trouble.before(name)
        if asked.get("DryRun"):
            raise Fault("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        if name == "GetCallerIdentity":
            arn = f"arn:aws:iam::{self.world.account}:user/endpoint"
            return {"UserId": "AIDAENDPOINT", "Account": self.world.account, "Arn": arn}
        if name in LISTINGS:
            reply = describe(self.world, name, asked)
            if name == "DescribeTrafficMirrorFilters":
                reply["TrafficMirrorFilters"] = [with_rules(self.world, each) for each in reply["TrafficMirrorFilters"]]
            return reply
        if name not in CHANGES:
            raise Fault("InvalidAction", f"This endpoint does not know {name}.")
        reply = self.world.remember(name, asked, lambda: deepcopy(CHANGES[name](self.world, asked)))
        self.world.trouble.after()
        return reply
