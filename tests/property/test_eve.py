"""What holds for any events: nothing is lost, nothing is raised, no key of theirs reaches the mapper, fast is exact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eve_samples import BASE, decoder, line
from flow_log_samples import chunk, leaves, written
from mirror.inventory import MirroredInterface
from shipper.decoders.eve.pattern import Made
from shipper.decoders.eve.physical_lines import PhysicalLines
from shipper.decoders.eve.sessions import MirrorSessions
from shipper.decoders.eve.table import Kind, table
from shipper.decoders.eve.table import leaves as table_leaves
from shipper.identity import line_count
from shipper.model import Batch
from shipper.opensearch.desired import desired

LEAVES = desired("flowtap").leaves
PATHS = [(path, leaf) for path, leaf in table_leaves(table()) if not path.startswith("stats.")]
GOLDEN = Path(__file__).parents[1] / "golden" / "eve"
EXACT = decoder(fast=False)
SAMPLES = [raw for name in ("suricata-7.in", "written.in") for raw in (GOLDEN / name).read_bytes().splitlines()]

values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.sampled_from(["", "null", "true", "443", "10.0.0.1", "2026-01-01T00:00:00.000000Z", "\0", "a\ud800", "é"]),
        st.text(max_size=8),
        st.just("x" * 40_000),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["", ".a", "_id", "a.b", "rrname", "hash", "é"]), inner, max_size=3),
    ),
    max_leaves=6,
)
events = st.dictionaries(
    st.sampled_from([*BASE, "", ".a", "_id", "_source", "@timestamp", "vlan", "dns", "http", "alert", "flow", "tls"]),
    values,
    max_size=8,
)
types = st.sampled_from(["flow", "dns", "http", "alert", "tls", "fileinfo", "stats", "anomaly", "smb", "", "never"])


@st.composite
def hostile_lines(draw: st.DrawFn) -> bytes:
    event = {**(BASE if draw(st.booleans()) else {}), **draw(events)}
    if draw(st.integers(0, 9)):
        event["event_type"] = draw(types)
    raw = json.dumps(event).encode()
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(raw)))
        raw = raw[:at] + draw(st.sampled_from([b"\0", b"\xff", b'"', b"", b'","a":1,"a":2,"b":"'])) + raw[at + 1 :]
    return raw.replace(b"\n", b" ")


def check(batch: Batch, records: bytes) -> None:
    assert batch.sums.read == line_count(records)
    assert batch.sums.read == len(batch) + len(batch.rejects) + batch.sums.skipped
    for document in written(batch):
        known = LEAVES[document["event.dataset"]]
        assert set(leaves(document.document)) <= known.keys()


@given(st.lists(st.one_of(hostile_lines(), st.binary(max_size=40).filter(lambda raw: b"\n" not in raw)), max_size=6))
def test_every_line_ships_or_is_a_reject_and_no_key_of_theirs_is_in_a_document(raws: list[bytes]) -> None:
    records = b"\n".join(raws)
    check(EXACT.decode(chunk(records)), records)


@settings(deadline=None, max_examples=20)
@pytest.mark.parametrize("depth", [1, 100, 900, 5000])
@given(st.sampled_from(["x", "dns", "http"]), st.sampled_from(["[", '{"a":']))
def test_nesting_of_any_depth(depth: int, key: str, opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    raw = f'{{"event_type":"dns","{key}":{opening * depth}1{closing * depth}}}'.encode()
    check(EXACT.decode(chunk(raw)), raw)


def test_every_leaf_takes_a_value_of_any_type_or_puts_it_aside() -> None:
    """Each key of each table with one value of each type: all are documents, and hold only what its leaf can."""
    fitting = {Kind.COUNT: int, Kind.FLAG: bool, Kind.TEXT: str, Kind.IP: str, Kind.TIME: str, Kind.MAC: str}
    for value in (None, True, 7, -7, 1.5, "text", "10.0.0.1", "", [], [1, "a", None], {}, {"a": 1}, [{"a": 1}]):
        for path, leaf in PATHS:
            raw = json.dumps({**BASE, "event_type": "alert", **nested(path.split("."), value)}).encode()
            batch = EXACT.decode(chunk(raw))
            check(batch, raw)
            if path == "event_type":
                continue
            (document,) = written(batch)
            found = at(document.document, leaf.path)
            if leaf.kind in fitting and path.split(".")[0] not in {"netflow", "drop"}:
                assert all(type(each) is fitting[leaf.kind] for each in found), (path, value, found)


def nested(steps: list[str], value: Any) -> dict[str, Any]:
    for step in reversed(steps):
        value = {step: value}
    return dict(value)


def at(node: Any, path: str) -> Iterator[Any]:
    step, _, rest = path.partition(".")
    for each in node if isinstance(node, list) else [node]:
        if isinstance(each, dict) and step in each:
            if rest:
                yield from at(each[step], rest)
            else:
                yield from (each[step] if isinstance(each[step], list) else [each[step]])


@st.composite
def families(draw: st.DrawFn) -> list[bytes]:
    """A line four times, so that its form is learned, then others much like it."""
    raw = draw(st.sampled_from(SAMPLES))
    event = orjson.loads(raw)
    return [raw] * 4 + [
        json.dumps(draw(changed(event)), separators=(",", ":")).encode() for _ in range(draw(st.integers(1, 4)))
    ]


@st.composite
def changed(draw: st.DrawFn, event: Any) -> Any:
    if isinstance(event, dict):
        return {key: draw(changed(value)) for key, value in event.items() if draw(st.integers(0, 60))}
    if isinstance(event, list):
        return [draw(changed(each)) for each in event]
    if draw(st.integers(0, 3)):
        return event
    return draw(like(event))


def like(value: Any) -> st.SearchStrategy[Any]:
    if isinstance(value, bool):
        return st.booleans()
    if isinstance(value, int):
        return st.sampled_from([0, 1, -1, 53, 443, 40000, 65535, 65536, 10**14, 10**15, 2**53, 2**63, 2**64, 1.5])
    return st.sampled_from([
        "", "a", "10.0.0.5", "192.0.2.9", "2001:db8::1", "1.2.3", "2026-02-30T00:00:00.000000+0000", 'a"b', "a\\b", "é",
        "2026-05-06T07:08:09.000001+0000", "2026-05-06T07:08:09.999999+0000", "1999-05-06T07:08:09.999999+0000",
        "00:11:22:33:44:55", "to_client", "A", "@m001@", "x\x7f", "\x1f",
    ])  # fmt: skip


KNOWN = MirrorSessions([MirroredInterface(vni, eni="eni-1", tags={"a": "b"}) for vni in (0, 1, 4097, 0xFFFFFF)])
SESSIONS = (None, lambda: KNOWN)
LEARNING = [decoder(sessions=sessions, sensor="given") for sessions in SESSIONS]
SLOW = [decoder(sessions=sessions, sensor="given", fast=False) for sessions in SESSIONS]


@settings(deadline=None, max_examples=200)
@given(families(), st.booleans())
def test_the_fast_way_makes_what_the_exact_way_makes(raws: list[bytes], vlan_is_vni: bool) -> None:
    records = chunk(b"\n".join(raws))
    expected = SLOW[vlan_is_vni].decode(records)
    assert LEARNING[vlan_is_vni].decode(records) == expected
    assert LEARNING[vlan_is_vni].decode(records) == expected  # with what was learned just now


def answer(kind: str, rdata: str) -> bytes:
    answers = [{"rrname": "a.example", "rrtype": kind, "ttl": 3, "rdata": rdata}]
    return line("dns", dns={"version": 2, "type": "answer", "id": 5, "rrname": "a.example", "answers": answers})


FLOW = line(flow={"start": "2026-03-04T05:06:00.100000+0000", "end": "2026-03-04T05:06:07.000200+0000", "age": 7})


@pytest.mark.parametrize(
    ("learned", "then"),
    [
        (answer("CNAME", "b.example"), answer("A", "192.0.2.80")),
        (answer("A", "192.0.2.80"), answer("CNAME", "192.0.2.80")),
        (line("ssh", app_proto="a\\b"), line("ssh", app_proto="a\tb")),
        (line("smb", smb={"filename": "a\\b"}), line("smb", smb={"filename": "\\é"})),
        (line("smb", smb={"filename": "a\\b"}), line("smb", smb={"filename": "a\n\n"})),
        (line("ssh", flow_id=1), line("ssh", flow_id=1).replace(b'"flow_id":1', b'"flow_id":01')),
        (line("ssh", in_iface="a"), line("ssh", in_iface="a").replace(b'"a"', b'"\0"')),
        (line("ssh", src_port=60000), line("ssh", src_port=65536)),
        (line("ssh", src_port=60000), line("ssh", src_port=65535)),
        (line("ssh", src_port=60000), line("ssh", src_port=443)),
        (line("http", http={"url": "/a"}), line("http", http={"url": '/{"a":[1,2]}'})),
        (line("http", http={"url": "/a"}), line("http", http={"url": "/[1,2]:{3}"})),
        (line("http", http={"url": 'a"b'}), line("http", http={"url": 'a\\"b\r\n\t'})),
        (line("http", http={"url": 'a"b'}), line("http", http={"url": "\x1f\x7f"})),
        (line("http", http={"url": "/%b%d%"}), line("http", http={"url": "/%s"})),
        (line("fileinfo"), line("fileinfo", src_port=443, dest_port=40000)),
        (line("ssh"), line("ssh", src_ip="192.0.2.9")),
        (line("ssh"), line("ssh", src_ip="192.0.2.900")),
        (line("ssh"), line("ssh", timestamp="2026-03-04T05:06:07.000000+0000")),
        (line("ssh"), line("ssh", timestamp="2026-03-04T05:06:07.000010+0000")),
        (line("ssh"), line("ssh", timestamp="2026-03-04T24:06:07.000010+0000")),
        (line("ssh"), line("ssh", timestamp="2026-03-04T05:60:07.000010+0000")),
        (line("ssh"), line("ssh", timestamp="1999-03-04T05:06:07.000010+0000")),
        (FLOW, FLOW.replace(b"05:06:00", b"05:06:08")),
        (FLOW, FLOW.replace(b"2026-03-04T05:06:00", b"1996-03-04T05:06:00")),
        (FLOW, FLOW.replace(b"2026-03-04T05:06:07.89", b"1996-03-04T05:06:07.89")),
    ],
)
def test_a_line_much_like_a_learned_one_is_made_as_the_exact_way_makes_it(learned: bytes, then: bytes) -> None:
    learning = decoder()
    learning.decode(chunk(b"\n".join([learned] * 3)))
    assert learning._learned.patterns
    records = chunk(b"\n".join([learned, then, learned]))
    assert learning.decode(records) == decoder(fast=False).decode(records)


def test_hundreds_of_lines_of_a_form_are_made_as_the_exact_way_makes_them() -> None:
    """With some among them that are not like the others."""
    raws = [
        FLOW.replace(b":40000", b":%d" % (1024 + number), 1).replace(b"10.0.0.5", b"10.0.%d.256" % number)
        if number % 50 == 7
        else FLOW.replace(b":40000", b":%d" % (1024 + number), 1)
        for number in range(400)
    ]
    learning, records = decoder(), chunk(b"\n".join(raws))
    expected = decoder(fast=False).decode(records)
    assert learning.decode(records) == expected
    assert learning.decode(records) == expected
    assert list(expected.ordinals) == list(range(400))


def test_a_line_broken_in_two_is_two_lines() -> None:
    """Lines are matched many at once: what fits only together with the line behind it fits nothing."""
    raw = line("http", http={"url": "/a", "hostname": "b.example"})
    cut = raw.index(b"/a") + 1
    learning = decoder()
    learning.decode(chunk(b"\n".join([raw] * 3)))
    (pattern,) = (pattern for form in learning._learned._forms.values() for pattern in form.patterns)
    made = Made(4)
    assert pattern.add([0, 1, 2, 3], [raw, raw[:cut], raw[cut:], raw], b"2026-01-01T00:00:00Z", made) == [1, 2]
    assert list(map(bool, made.documents)) == [True, False, False, True]


def test_lines_of_an_event_type_are_told_apart_where_most_are_of_another_form() -> None:
    """Most lines are tried on what most of their type fit; the others, and a change of habits, cost time only."""
    query, longer = line("dns", dns={"type": "query", "rrname": "a"}), line("dns", dns={"type": "query", "id": 1})
    learning, exact = decoder(), decoder(fast=False)
    for raws in ([query] * 20, [query] * 20 + [longer] * 3, [longer] * 20 + [query], [query] * 9 + [longer] * 9):
        records = chunk(b"\n".join(raws))
        assert learning.decode(records) == exact.decode(records)
        assert learning.decode(records) == exact.decode(records)
    assert learning._learned.patterns == 2


@pytest.mark.parametrize("vlan_is_vni", [False, True])
@pytest.mark.parametrize("tags", [[0, 0], [4095, 4095], [409, 5], [7, 7, 0], [7, 7, 4095]])
def test_events_of_other_vlans_and_mirror_sessions_are_of_one_form(tags: list[int], vlan_is_vni: bool) -> None:
    sessions = SESSIONS[vlan_is_vni]
    learning = decoder(sessions=sessions)
    learning.decode(chunk(b"\n".join([line("ssh", vlan=[3 for _ in tags])] * 3)))
    exact = decoder(sessions=sessions, fast=False)
    raws = [line("ssh", vlan=each) for each in (tags, tags[::-1])]
    assert learning.decode(chunk(b"\n".join(raws))) == exact.decode(chunk(b"\n".join(raws)))
    assert learning._learned.patterns == 1, "all go the fast way"
    too_many = line("ssh", vlan=[*tags[1:], 4096])
    assert learning.decode(chunk(too_many)) == exact.decode(chunk(too_many))


@pytest.mark.parametrize("host", ['a"b', "a\\b"])
def test_events_of_a_sensor_whose_name_has_to_be_escaped_are_not_learned_from(host: str) -> None:
    """It is part of their ids as it is, not as it is written."""
    learning = decoder()
    records = chunk(b"\n".join([line("ssh", host=host)] * 3))
    assert learning.decode(records) == decoder(fast=False).decode(records)
    assert not learning._learned.patterns


def test_the_fast_way_is_taken() -> None:
    """Else the tests above compare nothing."""
    taken = 0
    for raw in SAMPLES:
        made = decoder()
        made.decode(chunk(b"\n".join([raw] * 3)))
        taken += not made._learned.add(PhysicalLines(raw), [0], b"2026-01-01T00:00:00Z", Made(1))
    assert taken > len(SAMPLES) // 3
