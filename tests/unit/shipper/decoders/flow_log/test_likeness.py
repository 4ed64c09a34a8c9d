"""A README is one remark; whatever could be of a flow log is judged line by line."""

import pytest

from shipper.decoders.flow_log.fields import DEFAULT_FORMAT
from shipper.decoders.flow_log.likeness import LOOKED_AT_BYTES, other_file

RECORD = b"2 123456789012 eni-0a1b2c3d 10.0.0.1 10.0.0.2 443 50000 6 10 840 1700000000 1700000060 ACCEPT OK"
README = b"""# Flow logs of the shop

These are the flow logs of vpc-0a1b2c3d, taken on 2024-01-05. REJECT means that a rule refused it.

1. Look at 10.0.0.1 first (the database), then at its neighbours.
2. Ask somebody who knows.

```
aws ec2 describe-flow-logs --flow-log-ids fl-0a1b2c3d
```
"""


def test_prose_is_no_flow_log_though_it_speaks_of_one() -> None:
    assert other_file(README) == f"text without a record: 7 lines, {len(README):,} bytes"
    assert other_file("Diese Dateien sind für später, bitte nicht löschen.\n".encode()).startswith("text without")


def test_of_long_prose_only_the_beginning_is_looked_at() -> None:
    long = README * (LOOKED_AT_BYTES // len(README) + 1)
    assert other_file(long) == f"text without a record in its first {long.count(README) * 7:,} lines"


@pytest.mark.parametrize(
    "line",
    [
        RECORD,
        RECORD[:40],
        b"2 123456789012 eni-0a1b2c3d - - - - - - - 1700000000 1700000060 - NODATA",
        b"10.0.0.1 1700000000",
        b"ACCEPT vpc-0a1b2c3d",
        b"100 200 -",
        DEFAULT_FORMAT.encode(),
        b'"@timestamp","@message"',
        b"2023-11-14T22:13:20Z " + RECORD,
        b"Enable AccessLog for ELB: the shop's own in eu-central-1",
        b"1 two 10.0.0.1 three 1700000000 four",
        RECORD + b" of columns that nobody knows" * 300,
        b"2 123456789012 eni-0a1b2c3d - - - - - - - 1700000000 1700000060 - NODATA" + b" v" * 1500,
    ],
)
def test_one_line_that_could_be_read_makes_it_a_flow_log(line: bytes) -> None:
    assert other_file(README + line + b"\n") == ""
    assert other_file(line + b"\n" + README) == ""


@pytest.mark.parametrize("text", [b"", b"\n", b"readme\n", b"one two three\n", b"x" * 99_999])
def test_without_a_sentence_there_is_a_doubt(text: bytes) -> None:
    assert other_file(text) == ""
