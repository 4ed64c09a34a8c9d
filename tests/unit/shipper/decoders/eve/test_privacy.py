"""What is somebody's own is kept, hashed or left out, by dataset, whichever way an event goes."""

from typing import Any

import orjson
import pytest

from eve_samples import decode, decoder, line, malformed, only
from flow_log_samples import Written, chunk, written
from shipper.decoders.eve.privacy import BODIES, PAYLOADS, USER_NAMES, Choice, Privacy
from shipper.decoders.eve.table import leaves, table

SECRET = "attack at dawn"
SORTS = {"payloads": PAYLOADS, "bodies": BODIES, "user_names": USER_NAMES}
LEAVES = dict(leaves(table()))
HOLDING = {"frame": ("frame", "suricata.other")}  # not mapped for alerts


def event(path: str, value: Any) -> dict[str, Any]:
    for step in reversed(path.split(".")):
        value = {step: value}
    return dict(value)


def private(sort: str, choice: Choice, dataset: str = "suricata.alert") -> dict[str, Any]:
    return {"privacy": {dataset: Privacy(**{sort: choice})}}


def at(document: Written, path: str) -> Any:
    return document[LEAVES[path].path]


@pytest.mark.parametrize("sort", SORTS)
def test_it_is_kept_hashed_or_left_out(sort: str) -> None:
    for path in SORTS[sort]:
        event_type, dataset = HOLDING.get(path.partition(".")[0], ("alert", "suricata.alert"))
        raw = line(event_type, **event(path, SECRET))
        kept, hashed, dropped = (decode(raw, **private(sort, choice, dataset))[0] for choice in Choice)
        assert at(kept, path) == SECRET
        assert len(at(hashed, path)) == 32
        for document in (hashed, dropped):
            assert SECRET not in orjson.dumps(document.document).decode()
            assert malformed(document) == {}
        assert LEAVES[path].path not in dropped
        assert kept.id == hashed.id == dropped.id


def test_equal_values_stay_equal_when_hashed_and_others_differ() -> None:
    options = private("payloads", Choice.HASH)
    one, same, other = (only("alert", payload=each, options=options) for each in (SECRET, SECRET, "at dusk"))
    assert at(one, "payload") == at(same, "payload") != at(other, "payload")


def test_a_choice_is_for_one_dataset_and_one_sort() -> None:
    user = {"krb5": {"cname": SECRET}}
    options = private("payloads", Choice.DROP)
    alert = only("alert", payload=SECRET, **user, options=options)
    assert "suricata.eve.payload" not in alert
    assert at(alert, "krb5.cname") == SECRET
    assert at(only("smb", payload=SECRET, options=options), "payload") == SECRET


@pytest.mark.parametrize("choice", [Choice.HASH, Choice.DROP])
@pytest.mark.parametrize("event_type", ["alert", "dns", "tls", "flow", "smb", "stats"])
def test_it_stays_private_in_any_form_and_where_no_table_looks(event_type: str, choice: Choice) -> None:
    """Objects that a dataset does not map are kept as one text."""
    dataset = f"suricata.{event_type if event_type != 'smb' else 'other'}"
    privacy = {dataset: Privacy(choice, choice, choice)}
    raws = [
        line(event_type, **event(path, value))
        for value in (SECRET, [SECRET, 7], {"a": SECRET}, [{"a": [SECRET]}], [[SECRET]])
        for paths in SORTS.values()
        for path in paths
    ]
    for raw, document in zip(raws, decode(*raws, privacy=privacy, fast=False), strict=True):
        assert SECRET not in orjson.dumps(document.document).decode(), raw


def test_it_stays_private_in_an_object_that_is_a_list_for_once() -> None:
    options = private("user_names", Choice.DROP)
    document = only("alert", krb5=[{"cname": SECRET, "realm": "R"}], options=options)
    assert SECRET not in orjson.dumps(document.document).decode()
    assert orjson.loads(document["suricata.eve.unknown"]) == {"krb5": [{"realm": "R"}]}


@pytest.mark.parametrize("choice", [Choice.HASH, Choice.DROP])
def test_it_stays_private_when_its_form_was_learned(choice: Choice) -> None:
    options = private("user_names", choice, "suricata.other")
    raws = [line("krb5", krb5={"cname": f"{SECRET} {number}", "realm": "R"}) for number in range(40)]
    learning, exact = decoder(**options), decoder(**options, fast=False)
    for _ in range(2):
        batch = learning.decode(chunk(b"\n".join(raws)))
        assert batch == exact.decode(chunk(b"\n".join(raws)))
        assert SECRET.encode() not in batch.body
        assert len(written(batch)) == 40
