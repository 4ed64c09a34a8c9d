"""Tags: with what is made, added, taken away, listed. Amazon EC2 User Guide, "Tag your Amazon EC2 resources"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aws.endpoint.fault import Fault
from aws.endpoint.world import Document, World, tags_key


def asked_tags(asked: Mapping[str, Any], kind: str) -> list[Document]:
    """The tags of what is made by this request. Raises Fault for those of another type of resource."""
    tags: list[Document] = []
    for specification in asked.get("TagSpecifications", ()):
        if specification.get("ResourceType") != kind:
            said = f"'{specification.get('ResourceType')}' is not a valid taggable resource type for this operation."
            raise Fault("InvalidParameterValue", said)
        tags += specification.get("Tags", ())
    return _checked(tags)


def create_tags(world: World, asked: Mapping[str, Any]) -> Document:
    """CreateTags: adds, and overwrites those of the same key."""
    added = _checked(asked.get("Tags", ()))
    for kind, document in _resources(world, asked):
        kept = [tag for tag in document.get(tags_key(kind), ()) if tag["Key"] not in {new["Key"] for new in added}]
        document[tags_key(kind)] = _checked([*kept, *added])
    return {}


def delete_tags(world: World, asked: Mapping[str, Any]) -> Document:
    """DeleteTags: by key, and by value where one is given; all user tags where none is named."""
    gone = asked.get("Tags")
    for kind, document in _resources(world, asked):
        document[tags_key(kind)] = [
            tag for tag in document.get(tags_key(kind), ()) if gone is not None and not _among(tag, gone)
        ]
    return {}


def _resources(world: World, asked: Mapping[str, Any]) -> Iterator[tuple[str, Document]]:
    for identity in asked.get("Resources", ()):
        kind = next((kind for kind, documents in world.kinds.items() if identity in documents), None)
        if kind is None:
            raise Fault("InvalidID", f"The ID '{identity}' is not valid")
        yield kind, world.get(kind, identity)


def _among(tag: Document, gone: Sequence[Document]) -> bool:
    return any(tag["Key"] == each.get("Key") and each.get("Value") in {None, tag["Value"]} for each in gone)


def _checked(tags: Sequence[Document]) -> list[Document]:
    for tag in tags:
        if str(tag.get("Key", "")).startswith("aws:"):
            raise Fault("InvalidParameterValue", f"Tag keys starting with 'aws:' are reserved: {tag['Key']}")
        if not 1 <= len(tag.get("Key", "")) <= 128 or len(tag.get("Value", "")) > 256:
            raise Fault("InvalidParameterValue", "Tag keys have 1 to 128 characters, values at most 256")
    if len(tags) > 50:
        raise Fault("TagLimitExceeded", "A resource has at most 50 tags")
    if len({tag["Key"] for tag in tags}) < len(tags):
        raise Fault("InvalidParameterValue", "Duplicate tag keys found. Please specify unique tag keys.")
    return [{"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in tags]
