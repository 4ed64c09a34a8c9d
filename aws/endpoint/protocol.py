"""The EC2 query protocol by botocore's own service model: a form in, parameters out; a reply in, XML out.

No operation is spelt out here: names come from the model that is installed. AWS Smithy documentation, "AWS EC2 query
protocol" and "AWS query protocol" (for STS).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from xml.sax.saxutils import escape

from botocore.model import OperationModel, ServiceModel, Shape
from botocore.session import Session
from botocore.validate import ParamValidator

from aws.endpoint.fault import Fault

_BALANCING: Final = "2015-12-01"
"""The version of the Elastic Load Balancing API."""
REQUEST_ID: Final = "00000000-0000-4000-8000-000000000000"


@cache
def service_model(service: str = "ec2") -> ServiceModel:
    """The installed model of a service."""
    return Session().get_service_model(service)


def operation_of(form: Mapping[str, str]) -> OperationModel:
    """The operation that a form asks for. Raises Fault for one that no model has."""
    if form.get("Version") == _BALANCING:
        raise Fault("LoadBalancerNotFound", "This endpoint has no load balancers.")
    service = "sts" if form.get("Version") == service_model("sts").api_version else "ec2"
    name = form.get("Action", "")
    if name not in service_model(service).operation_names:
        raise Fault("InvalidAction", f"The action {name} is not valid for this web service.")
    return service_model(service).operation_model(name)


def parameters(operation: OperationModel, form: Mapping[str, str]) -> dict[str, Any]:
    """The parameters in a form. Raises Fault for those that the operation does not have or that are malformed."""
    if operation.input_shape is None:
        return {}
    left = {name: value for name, value in form.items() if name not in {"Action", "Version"}}
    read: Any = _read(operation.input_shape, "", left, set(left)) or {}
    return dict(read)


def check(shape: Shape | None, value: Mapping[str, Any]) -> None:
    """Hold a request or a reply against the model. Raises Fault."""
    if shape is None:
        return
    report = ParamValidator().validate(value, shape)
    if report.has_errors():
        raise Fault("ValidationError", report.generate_report())


def reply_xml(operation: OperationModel, reply: Mapping[str, Any]) -> str:
    """A reply, as the service writes it."""
    name, shape = operation.name, operation.output_shape
    body = _members(shape, reply) if shape is not None else "<return>true</return>"
    if operation.service_model.protocol == "query":
        told = f"<ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata>"
        body = f"<{name}Result>{body}</{name}Result>{told}"
    else:
        body = f"<requestId>{REQUEST_ID}</requestId>{body}"
    return f"<{name}Response>{body}</{name}Response>"


def fault_xml(fault: Fault) -> str:
    """An error, as EC2 writes it."""
    told = f"<Code>{escape(fault.code)}</Code><Message>{escape(str(fault))}</Message>"
    return f"<Response><Errors><Error>{told}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"


def _read(shape: Shape, prefix: str, form: Mapping[str, str], left: set[str]) -> Any:
    """What the form says below this name; None where it says nothing. Names that were read leave `left`."""
    kind: Any = shape
    if shape.type_name == "structure":
        found = {
            name: _read(member, _below(prefix, _name(name, member)), form, left)
            for name, member in kind.members.items()
        }
        read: Any = {name: value for name, value in found.items() if value is not None} or None
    elif shape.type_name == "list":
        read = _items(kind, prefix, form, left)
    else:
        left.discard(prefix)
        return _scalar(shape, prefix, form[prefix]) if prefix in form else None
    if not prefix and left:
        raise Fault("UnknownParameter", f"The parameter {min(left)} is not recognized")
    return read


def _items(shape: Any, prefix: str, form: Mapping[str, str], left: set[str]) -> list[Any] | None:
    items: list[Any] = []
    while any(name == (here := f"{prefix}.{len(items) + 1}") or name.startswith(f"{here}.") for name in left):
        items.append(_read(shape.member, f"{prefix}.{len(items) + 1}", form, left))
    return items or None


def _below(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _name(name: str, member: Shape) -> str:
    """What a member is called in a request: its queryName, or its location's name with a capital."""
    given: Mapping[str, Any] = member.serialization
    if "queryName" in given:
        return str(given["queryName"])
    named = str(given.get("name", name))
    return named[:1].upper() + named[1:]


def _scalar(shape: Shape, name: str, text: str) -> Any:
    try:
        if shape.type_name in {"integer", "long"}:
            return int(text)
        if shape.type_name == "boolean":
            return {"true": True, "false": False}[text.lower()]
    except (ValueError, KeyError):
        raise Fault("MalformedQueryString", f"{name}: {text!r} is no {shape.type_name}") from None
    return text


def _members(shape: Any, value: Mapping[str, Any]) -> str:
    return "".join(
        _element(str(member.serialization.get("name", name)), member, value[name])
        for name, member in shape.members.items()
        if value.get(name) is not None
    )


def _element(tag: str, shape: Any, value: Any) -> str:
    if shape.type_name == "structure":
        inner = _members(shape, value)
    elif shape.type_name == "list":
        item = str(shape.member.serialization.get("name", "item"))
        inner = "".join(_element(item, shape.member, each) for each in value)
    else:
        inner = escape(_text(value))
    return f"<{tag}>{inner}</{tag}>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return str(value)
