"""Flow logs in many shapes against a real OpenSearch: the same documents, stored once."""

import gzip
import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import zstandard

from integration.command import Shipper
from integration.flow_log_files import BEGIN, HEADER, record


def test_any_packing_and_wrapping_is_the_same_documents(shipper: Shipper, tmp_path: Path) -> None:
    """Text, gzip, Zstandard, Parquet, from a folder or standard input; then events, by whatever way they come."""
    records = [record(number, BEGIN) for number in range(300)]
    header = HEADER.replace("-", "_")
    text = "\n".join([header, *records, ""]).encode()
    columns = zip(header.split(), zip(*(each.split() for each in records), strict=True), strict=True)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/1.log").write_bytes(text)
    (tmp_path / "logs/2.log.gz").write_bytes(gzip.compress(text[:9999]) + gzip.compress(text[9999:]))
    (tmp_path / "logs/3.zst").write_bytes(zstandard.compress(text[:9999]) + zstandard.compress(text[9999:]))
    pyarrow.parquet.write_table(pyarrow.table(dict(columns)), tmp_path / "logs/4.parquet")
    done = shipper("backfill", "flowlogs", tmp_path / "logs", "--json").json["sums"]
    assert (done["delivered"], done["duplicate"]) == (300, 900)
    assert (
        shipper("backfill", "flowlogs", "-", "--json", stdin=zstandard.compress(text)).json["sums"]["duplicate"] == 300
    )
    events = [{"eventId": f"{number:056d}", "timestamp": 1, "message": each} for number, each in enumerate(records)]
    envelope = {"messageType": "DATA_MESSAGE", "logStream": "s"}
    envelope |= {"logEvents": [{"id": each["eventId"], **each} for each in events]}
    answer = json.dumps({"events": events}, indent=2).encode()
    for stdin, new in ((answer, 300), (gzip.compress(json.dumps(envelope).encode()), 0)):
        done = shipper("backfill", "flowlogs", "-", "--json", stdin=stdin).json["sums"]
        assert (done["read"], done["delivered"], done["duplicate"]) == (300, new, 300 - new)
    documents = [json.dumps(hit["_source"] | {"event": 0}, sort_keys=True) for hit in shipper.documents()]
    assert len(documents) == 600
    assert {documents.count(document) for document in documents} == {2}, "as events and as lines, all else the same"
