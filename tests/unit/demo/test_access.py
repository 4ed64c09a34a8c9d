"""The story's rules explain the story: whatever was let through passes them, whatever was refused does not."""

import gzip
from collections import Counter

from demo.access import PAGE, page
from shipper.access.check import Outcome
from shipper.access.explain import explain
from shipper.access.network import read_network
from shipper.access.packet import ICMP
from shipper.cli.explain.lines import documents_of
from shipper.views.seen_flows import alike


def test_the_committed_snapshot_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "demo/network.json is not what demo/access.py says: python -m demo.access"


def test_every_record_is_explained_by_the_rules(day, tmp_path) -> None:
    network = read_network(page(), "the demo's snapshot")
    documents = []
    for delivered in day.objects[::2]:  # decoding line by line takes long
        lines = tmp_path / "flow.log"
        lines.write_bytes(gzip.decompress(delivered.body))
        documents += [each for each in documents_of(str(lines), None) if each["event"]["kind"] == "event"]
    found = Counter()
    for flow in alike(documents):
        told = explain(network, flow.seen)
        assert told.agrees is not False, f"{flow.seen}: {told}"
        assert told.agrees or flow.seen.packet.protocol in ICMP, f"{flow.seen}: {told}"
        found[flow.seen.action, told.now] += flow.records
    assert found["reject", Outcome.REFUSED] > 250
    assert found["accept", Outcome.ALLOWED] > 2_500
