"""Which records are wanted: the grammar of conditions, what absent values mean, the same judgement by row or column."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow_log_samples import RECORD, chunk, decoder, lines, written
from shipper.decoders.flow_log.fields import ABSENT, DEFAULT_FORMAT, KNOWN_NAMES
from shipper.decoders.flow_log.selection import Period, Selection, selection_settings
from shipper.errors import ConfigError

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEADER = DEFAULT_FORMAT.encode()


def selection(
    *where: str, exclude: tuple[str, ...] = (), since: str | None = None, until: str | None = None
) -> Selection:
    return Selection.of(selection_settings(where, exclude, since, until, NOW))


def passes(condition: str, text: str) -> bool:
    (test,) = selection(condition).tests
    return test.passes(text)


@pytest.mark.parametrize(
    ("condition", "yes", "no"),
    [
        ("dstport=443", ["443"], ["4430", "0443", "44", "x"]),
        ("dstport=22,443,8000-8100", ["22", "443", "8000", "8050", "8100"], ["23", "7999", "8101"]),
        ("bytes>=1000", ["1000", "9223372036854775807"], ["999", "1e9", "-1"]),
        ("bytes < 1000", ["0", "999"], ["1000"]),
        ("packets>1", ["2"], ["1"]),
        ("packets<=1", ["1"], ["2"]),
        ("protocol=tcp,17", ["6", "17"], ["1", "tcp"]),
        ("srcaddr=10.0.0.0/8,2001:db8::/32", ["10.9.9.9", "2001:db8:1::1"], ["11.0.0.1", "2001:db9::1", "x"]),
        ("pkt_dstaddr=::1", ["::1", "0:0:0:0:0:0:0:1"], ["::2", "0.0.0.1"]),
        ("dstaddr=0.0.0.0/0", ["9.9.9.9"], ["::1"]),
        ("action=accept", ["ACCEPT", "accept"], ["REJECT"]),
        ("account-id=012345678901", ["012345678901"], ["12345678901"]),
        ("log_status=NODATA,SKIPDATA", ["NODATA", "SKIPDATA"], ["OK", "nodata"]),
        ("ecs-service-name=a b", ["a b"], ["a"]),
    ],
)  # fmt: skip
def test_what_passes(condition: str, yes: list[str], no: list[str]) -> None:
    assert {text: passes(condition, text) for text in [*yes, *no]} == dict.fromkeys(yes, True) | dict.fromkeys(
        no, False
    )
    assert not passes(condition, ABSENT), "an absent value equals nothing"


def test_an_absent_or_malformed_value_is_unequal_to_everything_but_itself() -> None:
    assert passes("dstport!=443", ABSENT)
    assert passes("dstport!=443", "not-a-port")
    assert not passes("dstport!=443", "443")
    assert passes("dstport=-", ABSENT)
    assert not passes("dstport=-", "0")
    assert passes("srcaddr!=-", "10.0.0.1")
    assert not passes("srcaddr!=-", ABSENT)
    assert passes("dstport=-,443", ABSENT)
    assert not passes("dstport>0", ABSENT)


@pytest.mark.parametrize(
    ("condition", "named"),
    [
        ("", "operator"),
        ("dstport", "operator"),
        ("dstport=", "operator"),
        ("dstprot=443", "is it 'dstport'?"),
        ("nobody-knows=1", "no flow log has a field"),
        ("dstport=http", "'http' is no number"),
        ("dstport=443,", "an empty value"),
        ("dstport=2-1", "ends before it begins"),
        ("dstport>1,2", "'1,2' is no number"),
        ("protocol=tpc", "'tpc' is no protocol"),
        ("srcaddr=10.0.0.300", "'10.0.0.300' is none"),
        ("srcaddr>10.0.0.1", "by = and != only"),
        ("vpc-id<x", "by = and != only"),
        ("end=1700000000", "--since and --until"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("option", ["where", "exclude"])
def test_a_bad_condition_is_named(option: str, condition: str, named: str) -> None:
    given = {"where": (), "exclude": (), option: (condition,)}
    with pytest.raises(ConfigError) as error:
        selection_settings(**given, since=None, until=None, now=NOW)
    assert str(error.value).startswith(f"--{option} {condition!r}: ")
    assert named in str(error.value)


def test_settings_are_absolute_and_do_not_depend_on_order() -> None:
    given = selection_settings(["dstport=443", "bytes>1"], [], "24h", "2026-11-21T00:00+02:00", NOW)
    assert given == selection_settings(["bytes>1", "dstport=443", "bytes>1"], [], "24h", "2026-11-20T22:00Z", NOW)
    assert (given["since"], given["until"]) == ("2026-11-20T12:00:00+00:00", "2026-11-20T22:00:00+00:00")
    assert selection_settings([], [], None, None, NOW) == {}
    assert not selection()
    assert selection("dstport=443")
    assert selection(until="1h")


def test_a_period_that_can_hold_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="no record can be of that period"):
        selection_settings([], [], "1h", "2h", NOW)
    with pytest.raises(ConfigError, match="'yesterday' is no time"):
        selection_settings([], [], "yesterday", None, NOW)


def test_a_period_begins_with_its_first_moment_and_ends_before_its_last() -> None:
    assert [Period(1000, 2000).holds(ms) for ms in (999, 1000, 1999, 2000, None)] == [False, True, True, False, True]
    assert Period(None, 2000).holds(0)
    assert Period(1000, None).holds(1 << 60)


def decoded(selected: Selection, *rows: bytes) -> tuple[list[int], int]:
    """Ordinals of documents, and how many records were excluded. The sums add up."""
    batch = decoder(selection=selected).decode(chunk(lines(*rows)))
    assert batch.sums.read == len(batch) + len(batch.rejects) + batch.sums.skipped + batch.sums.excluded
    return [each.ordinal for each in written(batch)], batch.sums.excluded


ROWS = (
    b"srcaddr dstport action end start",
    b"10.0.0.1 443 ACCEPT 1700000000 1699999000",
    b"10.0.0.2 443 REJECT 1700000060 1700000000",
    b"192.0.2.1 22 REJECT 1700000060000 1700000000000",
    b"10.0.0.1 - - - 1700000060",
    b"10.0.0.1 - REJECT - -",
    b"bogus",
)


@pytest.mark.parametrize(
    ("selected", "kept"),
    [
        (selection("srcaddr=10.0.0.0/8"), [1, 2, 4, 5]),
        (selection("srcaddr=10.0.0.0/8", "dstport=443"), [1, 2]),
        (selection(exclude=("dstport=443", "srcaddr=192.0.2.1")), [4, 5]),
        (selection("action=REJECT", exclude=("dstport=443",)), [3, 5]),
        (selection(since="2023-11-14T22:14:20Z"), [2, 3, 4, 5]),
        (selection(until="2023-11-14T22:14:20Z"), [1, 5]),
        (selection("vpc-id=vpc-1"), []),
        (selection("vpc-id!=vpc-1", "dstport=22"), [3]),
        (selection(exclude=("vpc-id=-",)), []),
    ],
)  # fmt: skip
def test_repeated_conditions_and_the_period_of_a_stream(selected: Selection, kept: list[int]) -> None:
    assert decoded(selected, *ROWS) == (kept, 5 - len(kept))


def test_headers_and_rejects_are_not_excluded() -> None:
    batch = decoder(selection=selection("dstport=1")).decode(chunk(lines(HEADER, RECORD, b"", b"bogus")))
    assert (batch.sums.skipped, batch.sums.excluded, len(batch.rejects)) == (2, 1, 1)


@given(
    st.lists(st.sampled_from(["dstport=443", "bytes>=7", "srcaddr!=10.0.0.0/9", "action=-,ACCEPT", "protocol=tcp"])),
    st.lists(st.sampled_from(["dstport=1-80", "action!=REJECT", "vpc-id=-"])),
    st.fixed_dictionaries(
        {
            "srcaddr": st.sampled_from(["-", "10.0.0.1", "::1", "x"]),
            "dstport": st.sampled_from(["-", "443", "80", "99999999"]),
            "bytes": st.sampled_from(["-", "7", "6", "0"]),
            "action": st.sampled_from(["-", "ACCEPT", "REJECT"]),
            "protocol": st.sampled_from(["-", "6", "17"]),
        }
    ),
)  # fmt: skip
def test_a_row_is_wanted_where_every_column_passes(where: list[str], exclude: list[str], row: dict[str, str]) -> None:
    """What a columnar path does: each test on its own column, nothing else."""
    selected = selection(*where, exclude=tuple(exclude))
    by_column = all(test.passes(row.get(test.name, ABSENT)) for test in selected.tests)
    assert selected.row_test(list(row))(list(row.values())) == by_column
    each = [selection(one).row_test(list(row))(list(row.values())) for one in where]
    left_out = [selection(one).row_test(list(row))(list(row.values())) for one in exclude]
    assert by_column == (all(each) and not any(left_out))


@given(st.text(), st.sampled_from(sorted(KNOWN_NAMES)), st.sampled_from(["=", "!=", "<", ">="]), st.text())
def test_any_text_is_a_condition_or_an_error_that_names_it(text: str, name: str, sign: str, value: str) -> None:
    for condition in (text, f"{name}{sign}{value}"):
        refusal = ""
        try:
            selected = selection(condition)
        except ConfigError as error:
            refusal = str(error)
        else:
            assert [test.passes(cell) in (True, False) for test in selected.tests for cell in ("-", "", value)]
        assert not refusal or repr(condition) in refusal
