"""story.json says what the objects hold, counted again here from the delivered lines alone."""

from collections import Counter
from ipaddress import ip_address

from demo import network as cast

NO_PORTS = {"1", "58"}


def flows_only(day):
    return [r for r in day.records if r["log-status"] == "OK"]


def once(day):
    """Bytes of each conversation, direction and minute, whichever interfaces recorded it; NAT's outer leg left out."""
    seen = {}
    for r in flows_only(day):
        source, destination = r.get("pkt-srcaddr", r["srcaddr"]), r.get("pkt-dstaddr", r["dstaddr"])
        outer_leg = r["interface-id"] == cast.NAT.eni and cast.NAT.address in {source, destination}
        if r["protocol"] not in NO_PORTS and not (outer_leg and r["action"] == "ACCEPT"):
            seen[source, destination, r["srcport"], r["dstport"], r["protocol"], r["start"]] = int(r["bytes"])
    return seen


def server_port(r):
    return min(int(r["srcport"]), int(r["dstport"]))


def test_records_by_kind(day):
    told = day.story["records"]
    assert told["total"] == len(day.records)
    assert told["by_log_status"] == Counter(r["log-status"] for r in day.records)
    assert told["by_flow_log"] == Counter(r["flow-log"] for r in day.records)
    assert told["by_interface"] == Counter(r["interface-id"] for r in day.records)
    assert told["by_action"] == Counter(r["action"] for r in flows_only(day))
    assert told["by_type"] == Counter(r["type"] for r in flows_only(day) if "type" in r)
    assert told["by_direction"] == Counter(r["flow-direction"] for r in flows_only(day) if "type" in r)
    assert told["bytes"] == sum(int(r["bytes"]) for r in flows_only(day))
    assert told["icmp"] == sum(r["protocol"] in NO_PORTS for r in flows_only(day))


def test_community_ids_are_of_the_real_ends_and_of_the_shown_ones(day):
    ids = set()
    for r in flows_only(day):
        for source, destination in (("srcaddr", "dstaddr"), ("pkt-srcaddr", "pkt-dstaddr")):
            if source in r and r["protocol"] not in NO_PORTS:
                ends = frozenset({(r[source], r["srcport"]), (r[destination], r["dstport"])})
                ids.add((ends, r["protocol"]))
    assert day.story["records"]["community_ids"] == len(ids) > day.story["once"]["connections"]


def test_translated_addresses_are_those_of_the_nat_gateways_inner_leg(day):
    translated = [
        r
        for r in flows_only(day)
        if "type" in r and (r["srcaddr"], r["dstaddr"]) != (r["pkt-srcaddr"], r["pkt-dstaddr"])
    ]
    assert day.story["records"]["address_translated"] == len(translated) > 0
    for r in translated:
        assert r["interface-id"] == cast.NAT.eni
        assert cast.NAT.address in {r["srcaddr"], r["dstaddr"]}
        assert cast.NAT.address not in {r["pkt-srcaddr"], r["pkt-dstaddr"]}


def test_refused_by_server_port_and_source(day):
    refused = [r for r in flows_only(day) if r["action"] == "REJECT"]
    told = day.story["refused"]
    ports = Counter(server_port(r) for r in refused)
    assert told["records"] == len(refused)
    assert told["distinct_sources"] == len({r["srcaddr"] for r in refused})
    assert [(entry["port"], entry["records"]) for entry in told["top_server_ports"]] == sorted(
        ports.items(), key=lambda entry: (-entry[1], entry[0])
    )[:10]
    assert [entry["port"] for entry in told["top_server_ports"]][:2] == [22, 3389]
    assert told["top_sources"][0]["address"] == cast.SCANNER


def test_the_server_has_the_lower_port_in_every_conversation(day):
    for r in flows_only(day):
        if r["protocol"] not in NO_PORTS:
            assert max(int(r["srcport"]), int(r["dstport"])) >= 32768
            assert server_port(r) <= 10000


def test_talkers_and_connections_counted_once(day):
    pairs, connections = Counter(), set()
    for (source, destination, source_port, destination_port, protocol, _), size in once(day).items():
        forth = int(source_port) > int(destination_port)
        client, server = (source, destination) if forth else (destination, source)
        pairs[client, server] += size
        connections.add(
            (
                client,
                server,
                max(source_port, destination_port, key=int),
                server_port_of(source_port, destination_port),
                protocol,
            )
        )
    told = day.story["once"]
    assert told["connections"] == len(connections)
    assert [((talk["client"], talk["server"]), talk["bytes"]) for talk in told["top_talkers"]] == sorted(
        pairs.items(), key=lambda entry: (-entry[1], entry[0])
    )[:10]
    assert told["top_senders"][0]["address"] == cast.LEGACY.address


def server_port_of(one, other):
    return min(int(one), int(other))


def test_counting_every_record_counts_too_much(day):
    assert day.story["records"]["bytes"] > 1.3 * day.story["once"]["bytes"]


def test_the_scan(day):
    told = day.story["scan"]
    tries = [r for r in flows_only(day) if (r["srcaddr"], r["dstaddr"]) == (told["source"], told["target"])]
    assert told["distinct_ports"] == len({r["dstport"] for r in tries}) == len(tries)
    assert told["refused_ports"] == sum(r["action"] == "REJECT" for r in tries) > 100
    let_through = sorted(int(r["dstport"]) for r in tries if r["action"] == "ACCEPT")
    assert let_through == sorted(told["answering_ports"] + told["closed_ports"])
    assert {r["interface-id"] for r in tries} == {told["interface_id"]}


def test_the_exfiltration(day):
    told = day.story["exfiltration"]
    out = [r for r in flows_only(day) if (r["srcaddr"], r["dstaddr"]) == (told["source"], told["destination"])]
    back = [r for r in flows_only(day) if (r["dstaddr"], r["srcaddr"]) == (told["source"], told["destination"])]
    assert told["bytes_out"] == sum(int(r["bytes"]) for r in out) > 6_000_000_000
    assert told["bytes_back"] == sum(int(r["bytes"]) for r in back)
    assert told["connections"] == len({r["srcport"] for r in out})
    assert 3000 < max(int(r["end"]) for r in out) - min(int(r["start"]) for r in out) < 3600
    assert not ip_address(told["destination"]).is_loopback
    assert day.story["once"]["top_talkers"][0]["server"] == told["destination"]


def test_the_plot_is_in_order(day):
    def begins(source, destination, port):
        return min(
            int(r["start"])
            for r in flows_only(day)
            if (r["srcaddr"], r["dstaddr"], r["dstport"]) == (source, destination, port)
        )

    legacy = cast.LEGACY.address
    assert (
        begins(cast.SCANNER, legacy, "22")
        < begins(cast.INTRUDER, legacy, "22")
        < begins(legacy, cast.DATABASE.address, "5432")
        < begins(legacy, cast.DROP, "443")
    )


def test_the_login_whose_packets_were_mirrored(day):
    told = day.story["login"]
    there = (told["client"], told["server"], str(told["client_port"]), str(told["server_port"]))
    ways = {
        "from_client": there,
        "from_server": (there[1], there[0], there[3], there[2]),
    }
    for name, way in ways.items():
        found = [r for r in flows_only(day) if (r["srcaddr"], r["dstaddr"], r["srcport"], r["dstport"]) == way]
        assert {(r["action"], r["interface-id"]) for r in found} == {("ACCEPT", told["interface_id"])}
        assert len(found) >= 2, "longer than a minute"
        assert sum(int(r["packets"]) for r in found) == told[name]["packets"]
        assert sum(int(r["bytes"]) for r in found) == told[name]["bytes"]
