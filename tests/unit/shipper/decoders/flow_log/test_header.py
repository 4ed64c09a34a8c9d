import pytest

from flow_log_samples import RECORD
from shipper.decoders.flow_log.fields import DEFAULT_FORMAT, KNOWN_NAMES
from shipper.decoders.flow_log.header import find_header, format_columns, header_columns, is_header
from shipper.errors import ConfigError

HEADER = DEFAULT_FORMAT.encode()
OTHER = b"srcaddr dstaddr bytes"


@pytest.mark.parametrize(
    "line",
    [
        HEADER,
        HEADER + b"\r",
        b"  " + HEADER.replace(b" ", b"  ") + b"\t",
        HEADER.replace(b"-", b"_"),
        b"\xef\xbb\xbf" + HEADER,
        b"srcaddr",
        b"srcaddr dstaddr field-of-2031",
        " ".join(sorted(KNOWN_NAMES)).encode(),
    ],
)
def test_header_lines(line: bytes) -> None:
    assert is_header(line)
    assert find_header(line + b"\n") == line.removesuffix(b"\r")
    assert find_header(RECORD + b"\n" + line + b"\n" + RECORD + b"\n") == line.removesuffix(b"\r")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\r",
        RECORD,
        b"srcaddr srcaddr dstaddr",
        b"account-id account_id bytes",
        b"srcaddr nobody-knows",
        b"srcaddr DSTADDR bytes",
        b"srcaddr 9lives dstaddr bytes",
        b"srcaddr\xc2\xa0dstaddr",
        b"srcaddr\x0bdstaddr bytes",
        b"srcaddr dstaddr\r bytes",
        b"srcaddr " + b" " * 20_000 + b"dstaddr",
        b"srcaddr - dstaddr bytes",
    ],
)
def test_lines_that_are_no_header(line: bytes) -> None:
    assert not is_header(line)
    assert find_header(line + b"\n" + line) is None


def test_names_with_underscores_are_aws_names() -> None:
    assert header_columns(b"account_id log_status my_own_name") == ("account-id", "log-status", "my_own_name")


def test_the_last_header_counts() -> None:
    assert find_header(b"\n".join([HEADER, RECORD, OTHER, RECORD, b""])) == OTHER
    assert find_header(b"\n".join([HEADER, OTHER, b""])) == OTHER
    assert find_header(b"\r\n".join([OTHER, HEADER, HEADER, RECORD])) == HEADER


@pytest.mark.parametrize("given", ["${srcaddr} ${account-id}", "srcaddr account-id", " srcaddr  account_id "])
def test_formats_given(given: str) -> None:
    assert format_columns(given) == ("srcaddr", "account-id")


@pytest.mark.parametrize("given", ["", " ", "${srcaddr", "$srcaddr", "srcaddr,dstaddr", "srcaddr srcaddr"])
def test_formats_that_cannot_be_meant(given: str) -> None:
    with pytest.raises(ConfigError, match="format"):
        format_columns(given)
