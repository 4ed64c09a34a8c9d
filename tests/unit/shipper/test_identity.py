"""Who a record is. The literal ids here are promises: a change of any is a migration."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flow_log_samples import AWS_NAME
from shipper.decoders.flow_log.header import find_header
from shipper.identity import (
    CHUNK_BYTES,
    MAX_RECORD_BYTES,
    Piece,
    base36,
    cut,
    document_id,
    line_count,
    message_identity,
    object_name,
    pieces,
)

MIB = 1 << 20


def no_header(_: bytes) -> None:
    return None


def cut_up(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def read(stream: bytes, origin: str = "some.log", size: int = 256 << 10) -> list[Piece]:
    return list(pieces(cut_up(stream, size), origin, no_header))


def ids(stream: bytes, origin: str = "some.log") -> list[str]:
    """The id of each line of a stream."""
    return [
        document_id(piece.identity, piece.first_ordinal + number)
        for piece in read(stream, origin)
        for number in range(line_count(piece.records))
    ]


def numbered(lines: int, width: int = 1000) -> bytes:
    return b"".join(b"%0*d\n" % (width - 1, number) for number in range(lines))


BIG = numbered(2500)
"""2.5 MB: three chunks."""


def test_ids_are_what_they_were() -> None:
    assert ids(b"2 first\n2 second\n") == ["og5UND6JMZx70", "og5UND6JMZx71"]
    assert ids(b"2 first\n2 second\n", AWS_NAME) == ["zm7Ax4zghYA60", "zm7Ax4zghYA61"]
    assert ids(b"") == []
    found = ids(BIG)
    assert [found[0], found[1048], found[1049], found[2498]] == [
        "OvY5CMuuSPOx0", "OvY5CMuuSPOxt4", "lOKhh517IbBc0", "Q3UZX3om94pnb4",
    ]  # fmt: skip
    assert ids(BIG, AWS_NAME)[2499] == "zm7Ax4zghYA61xf"


def test_an_id_is_twelve_characters_and_an_ordinal() -> None:
    assert all(len(piece.identity) == 12 for name in ("some.log", AWS_NAME) for piece in read(BIG, name))
    assert document_id("IDENTITY-12c", 37) == "IDENTITY-12c11"


@given(st.integers(0, 1 << 70))
def test_base36_is_read_back_by_int(number: int) -> None:
    text = base36(number)
    assert int(text, 36) == number
    assert text == text.lower()
    assert len(text) == 1 or text[0] != "0"


def test_no_two_lines_share_an_id() -> None:
    for origin in ("some.log", AWS_NAME):
        assert len(set(ids(BIG, origin))) == 2500


# Long stretches without a line end, so that chunks are cut everywhere they can be.
stretches = st.lists(
    st.tuples(
        st.sampled_from([b"x", b"y"]),
        st.sampled_from([0, 1, 300_000, CHUNK_BYTES - 1, CHUNK_BYTES, MAX_RECORD_BYTES + 1, 2 * MIB, 2_500_000]),
        st.sampled_from([b"\n", b"\n\n", b"\r\n", b""]),
    ),
    max_size=5,
).map(lambda parts: b"".join(letter * length + end for letter, length, end in parts))


@settings(max_examples=30)
@given(stretches, st.integers(50_000, 3 * MIB), st.sampled_from([65_536, MIB - 1, MIB, MIB + 1, 2 * MIB, 16 * MIB]))
def test_chunks_are_cut_at_the_same_places_whatever_the_block_sizes(stream: bytes, size: int, other: int) -> None:
    chunks = list(cut(cut_up(stream, size)))
    assert chunks == list(cut(cut_up(stream, other)))
    assert b"".join(chunks) == stream
    for chunk in chunks[:-1]:
        assert CHUNK_BYTES <= len(chunk) <= CHUNK_BYTES + MAX_RECORD_BYTES
        assert chunk.find(b"\n", CHUNK_BYTES - 1, -1) == -1
        assert chunk.endswith(b"\n") or len(chunk) == CHUNK_BYTES + MAX_RECORD_BYTES
    assert read(stream, size=size) == read(stream, size=other)


@pytest.mark.parametrize(
    ("line_end", "chunk_end"),
    [
        (CHUNK_BYTES - 2, CHUNK_BYTES + 1000),
        (CHUNK_BYTES - 1, CHUNK_BYTES),
        (CHUNK_BYTES, CHUNK_BYTES + 1),
        (2 * MIB - 1, 2 * MIB),
    ],
)
def test_the_first_line_end_at_or_after_a_full_chunk_ends_it(line_end: int, chunk_end: int) -> None:
    stream = b"x" * line_end + b"\n" + b"y" * (CHUNK_BYTES + 1000 - line_end - 2) + b"\nz"
    assert len(next(cut([stream]))) == chunk_end


def test_a_line_end_just_beyond_the_bound_is_too_late() -> None:
    first, second = cut([b"x" * (2 * MIB) + b"\nnext\n"])
    assert (len(first), second) == (2 * MIB, b"\nnext\n")


def test_an_over_long_line_is_handed_out_in_bounded_pieces_that_say_so() -> None:
    stream = b"short\n" + b"x" * (4 * MIB + 1000) + b"\nafter\n"
    found = read(stream)
    assert [len(piece.records) for piece in found] == [2 * MIB, 2 * MIB, 1013]
    assert [piece.mid_line for piece in found] == [False, True, True]
    assert len({piece.identity for piece in found}) == 3


def test_lines_of_an_object_count_on_after_an_over_long_line() -> None:
    stream = b"short\n" + b"x" * (4 * MIB + 1000) + b"\nafter\n"
    first, second, third = read(stream, AWS_NAME)
    assert (first.first_ordinal, second.first_ordinal, third.first_ordinal) == (0, 2, 3)
    assert len({first.identity, second.identity, third.identity}) == 1


def test_nothing_comes_of_an_empty_stream() -> None:
    assert read(b"") == []
    assert list(pieces([b"", b""], "some.log", no_header)) == []


def test_streams_part_company_in_the_chunk_where_they_first_differ() -> None:
    """Two files that share their first 8 MiB: the common part once, then every record on its own."""
    common = numbered(8_400, 1000)
    assert len(common) > 8 * MIB
    one, other = ids(common + b"one ends so\n" * 90_000), ids(common + b"the other so\n" * 90_000)
    shared = [index for index, (mine, yours) in enumerate(zip(one, other, strict=True)) if mine == yours]
    assert shared == list(range(len(shared)))
    whole_chunks = [piece for piece in read(common) if piece.records.endswith(b"\n")][:-1]
    assert len(shared) == sum(line_count(piece.records) for piece in whole_chunks)
    assert not set(one[len(shared) :]) & set(other[len(shared) :])


def test_streams_that_differ_in_their_first_byte_share_nothing_even_where_chunks_are_equal() -> None:
    assert not set(ids(b"a\n" + BIG[2:])) & set(ids(b"b\n" + BIG[2:]))


def test_a_longer_export_adds_only_what_is_new_but_for_the_chunk_where_the_shorter_one_ended() -> None:
    shorter, longer = ids(BIG), ids(BIG + b"new\n" * 10)
    last = line_count(read(BIG)[-1].records)
    assert longer[: 2500 - last] == shorter[:-last]
    assert not set(longer) & set(shorter[-last:])


@pytest.mark.parametrize(
    "origin",
    [
        AWS_NAME,
        AWS_NAME.removesuffix(".gz"),
        AWS_NAME.removesuffix(".gz") + ".zst",
        f"/home/me/downloads/{AWS_NAME}",
        f"s3://bucket/AWSLogs/123456789012/vpcflowlogs/us-east-1/2024/02/03/{AWS_NAME}",
    ],
)
def test_a_delivered_object_is_its_base_name_wherever_it_lies(origin: str) -> None:
    assert ids(BIG, origin) == ids(BIG, AWS_NAME)


def test_an_objects_name_goes_before_its_content() -> None:
    assert ids(b"one\n", AWS_NAME) == ids(b"another\n", AWS_NAME)
    other = AWS_NAME.replace("1a2b3c4d", "1a2b3c4e")
    assert not set(ids(b"one\n", other)) & set(ids(b"one\n", AWS_NAME))


@pytest.mark.parametrize(
    "origin",
    [
        "copy-of-" + AWS_NAME,
        AWS_NAME + ".1",
        AWS_NAME.replace("123456789012", "12345678901"),
        AWS_NAME.replace("vpcflowlogs", "guardduty"),
        AWS_NAME.replace(".log.gz", ".parquet"),
        AWS_NAME + ".gz",
        "some.log",
        "-",
        "",
    ],
)
def test_any_other_name_means_nothing(origin: str) -> None:
    assert object_name(origin) is None
    assert ids(BIG, origin) == ids(BIG)


def test_what_an_objects_name_says() -> None:
    name = object_name(f"a/b/{AWS_NAME}")
    assert name is not None
    assert (name.account, name.region, name.flow_log_id) == ("123456789012", "us-east-1", "fl-0123456789abcdef0")


def test_the_chain_of_an_object_follows_its_content() -> None:
    """It proves at resume that the bytes before are the same, though ids come from the name."""
    assert [piece.chain for piece in read(BIG, AWS_NAME)] == [piece.chain for piece in read(BIG)]
    assert read(b"one\n", AWS_NAME)[0].chain != read(b"two\n", AWS_NAME)[0].chain


def test_pieces_stand_one_behind_the_other() -> None:
    found = read(BIG)
    for before, after in pairwise(found):
        assert after.offset == before.offset + len(before.records)


def test_each_piece_is_given_the_header_in_force_before_it() -> None:
    header, later = b"srcaddr dstaddr vpc-id", b"dstaddr srcaddr vpc-id"
    row = b"10.0.0.1 10.0.0.2 " + b"v" * 981 + b"\n"
    stream = header + b"\n" + row * 1500 + later + b"\r\n" + row * 1500
    found = list(pieces(cut_up(stream, 77_777), "some.log", find_header))
    assert [piece.header for piece in found] == [b"", header, later]
    given_before = list(pieces([row * 2000], "some.log", find_header, header))
    assert [piece.header for piece in given_before] == [header, header]


def test_the_rest_of_an_over_long_line_names_no_columns() -> None:
    """A decoder takes it for a fragment; so must whoever looks for headers, or later chunks change their columns."""
    header = b"srcaddr dstaddr vpc-id"
    stream = header + b"\n" + b"x" * (2 * MIB - len(header) - 1) + b"dstaddr srcaddr\n" + b"10.0.0.1 y z\n" * 100_000
    found = list(pieces([stream], "some.log", find_header))
    assert found[1].records.startswith(b"dstaddr srcaddr\n")
    assert [piece.header for piece in found] == [b"", header, header]


@given(st.binary(max_size=50))
def test_lines_are_counted_with_an_unfinished_last_one(records: bytes) -> None:
    assert line_count(records) == len(records.split(b"\n")) - (records.endswith(b"\n") or not records)


def test_a_message_is_the_same_each_time_it_is_received() -> None:
    assert message_identity("d4e5-message") == "673c82d0e12b"
