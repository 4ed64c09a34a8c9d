"""Objects as AWS delivers them: names, windows, headers, repeatable bytes."""

import gzip
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network

import pytest

from demo import network as cast
from demo.delivery import MAX_RECORDS_PER_OBJECT, Request, tell
from shipper.decoders.flow_log.fields import DEFAULT_FORMAT, VPC_FIELDS
from shipper.identity import object_name

OUTSIDE = [ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
INSIDE = [ip_network(net) for net in ("10.20.0.0/16", "10.30.0.0/16")]


def header(body):
    return gzip.decompress(body).split(b"\n", 1)[0].decode()


def test_every_object_is_named_and_laid_out_as_aws_does(day):
    for delivered in day.objects:
        folder, _, name = delivered.key.rpartition("/")
        parts = object_name(delivered.key)
        assert parts is not None
        assert parts.account == cast.ACCOUNT
        assert parts.region == cast.REGION
        stamp = datetime.strptime(name.split("_")[4], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
        assert folder == f"AWSLogs/{cast.ACCOUNT}/vpcflowlogs/{cast.REGION}/{stamp:%Y/%m/%d}"
    assert len({delivered.key for delivered in day.objects}) == len(day.objects) == day.story["objects"]


def test_every_records_end_lies_in_its_objects_window(day):
    for delivered in day.objects:
        stamp = delivered.key.rsplit("_", 2)[1]
        begin = int(datetime.strptime(stamp, "%Y%m%dT%H%MZ").replace(tzinfo=UTC).timestamp())
        header_line, *lines = gzip.decompress(delivered.body).decode().splitlines()
        column = header_line.split(" ").index("end")
        assert all(begin <= int(line.split(" ")[column]) < begin + 300 for line in lines)


def test_the_day_is_whole_and_ends_at_the_last_full_five_minutes(day):
    begin, end = (datetime.fromisoformat(day.story[name]) for name in ("begin", "end"))
    assert end == datetime(2026, 11, 21, 10, 10, tzinfo=UTC)
    assert end - begin == timedelta(days=1)
    assert all(begin.timestamp() <= int(r["start"]) <= int(r["end"]) < end.timestamp() for r in day.records)
    windows = {int(r["end"]) // 300 for r in day.records if r["flow-log"] == cast.SHOP.flow_log_id}
    assert len(windows) == 288


def test_aggregation_never_passes_a_minute(day):
    assert all(int(r["start"]) // 60 == int(r["end"]) // 60 for r in day.records)


def test_each_flow_log_has_its_header(day):
    headers = {object_name(delivered.key).flow_log_id: header(delivered.body) for delivered in day.objects}
    assert headers[cast.ANALYTICS.flow_log_id] == DEFAULT_FORMAT
    custom = headers[cast.SHOP.flow_log_id].split(" ")
    assert set(custom) <= set(VPC_FIELDS)
    assert max(VPC_FIELDS[name].since for name in custom) == 5
    assert {r["version"] for r in day.records} == {"2", "5"}


def test_the_second_flow_log_was_made_six_hours_before_the_end(day):
    begin = datetime.fromisoformat(day.story["analytics_flow_log_from"]).timestamp()
    starts = [int(r["start"]) for r in day.records if r["flow-log"] == cast.ANALYTICS.flow_log_id]
    assert begin <= min(starts) < begin + 300


def test_the_same_request_gives_the_same_bytes_and_another_seed_does_not():
    def digest(request):
        told = sha256()
        for delivered in tell(request).objects():
            told.update(delivered.key.encode() + delivered.body)
        return told.hexdigest()

    small = Request(1795255900, records=5_000)
    assert digest(small) == digest(Request(1795255900 - 60, records=5_000))
    assert digest(small) != digest(Request(1795255900, seed=1, records=5_000))


def test_sizes_are_bounded(day):
    assert 0.7 * day.request.records <= len(day.records) <= 1.3 * day.request.records
    assert 288 + 72 <= len(day.objects) <= 288 + 72 + 60
    assert all(gzip.decompress(d.body).count(b"\n") <= MAX_RECORDS_PER_OBJECT + 1 for d in day.objects)


def test_addresses_are_private_or_for_documentation(day):
    seen = {r[name] for r in day.records for name in ("srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr") if name in r}
    for address in seen - {"-"}:
        assert any(ip_address(address) in net for net in (*OUTSIDE, *INSIDE))


@pytest.mark.parametrize("name", ["eni", "instance"])
def test_ids_have_aws_form_and_are_unique(name):
    ids = [getattr(interface, name) for interface in cast.INTERFACES if getattr(interface, name) != "-"]
    assert len(set(ids)) == len(ids)
    for text in ids:
        prefix, digits = text.split("-")
        assert prefix in {"eni", "i"}
        assert len(digits) == 17
        int(digits, 16)
