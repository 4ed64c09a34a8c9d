"""Decompression: any gzip file byte for byte, and a damaged one up to where it is damaged."""

import bz2
import gzip
import lzma
import random
import zlib
from collections.abc import Callable
from io import BytesIO, RawIOBase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zstandard import ZstdCompressionParameters, ZstdCompressor

from shipper.errors import SourceDamaged
from shipper.sources.compression import BLOCK_BYTES, decompressed

TEXT = b"".join(b"2 123456789010 eni-%d 10.0.0.5 %d\n" % (number % 7, number) for number in range(500))
NOISE = random.Random(1).randbytes(BLOCK_BYTES + 1000)  # noqa: S311  (bytes that do not compress)


class Trickle(RawIOBase):
    """A pipe that hands out a few bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        self._file = BytesIO(content)
        self._size = size

    def read(self, size: int = -1) -> bytes:
        return self._file.read(min(size, self._size))


class Broken(BytesIO):
    """A disk that fails after its first block."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError(5, "Input/output error")
        return super().read(size)


def read(content: bytes) -> bytes:
    return b"".join(decompressed(BytesIO(content), "some.gz"))


def read_what_is_good(content: bytes) -> tuple[bytes, str]:
    """What comes before the damage, and what is said about it; empty if there is none."""
    good = b""
    try:
        for block in decompressed(BytesIO(content), "some.gz"):
            assert 0 < len(block) <= BLOCK_BYTES
            good += block
    except SourceDamaged as error:
        return good, str(error)
    return good, ""


@given(st.lists(st.one_of(st.binary(max_size=50), st.just(TEXT)), min_size=1, max_size=4), st.integers(1, 9))
def test_members_are_read_one_after_the_other(members: list[bytes], level: int) -> None:
    packed = [gzip.compress(member, level) for member in [b"2 ", *members]]
    assert read(b"".join(packed)) == b"2 " + b"".join(members)


@given(st.binary(max_size=200), st.integers(1, 9))
def test_a_pipe_that_hands_out_few_bytes_gives_the_same(content: bytes, size: int) -> None:
    packed = gzip.compress(b"x" + content) + gzip.compress(TEXT)
    assert b"".join(decompressed(Trickle(packed, size), "-")) == b"x" + content + TEXT
    plain = b"x" + content
    assert b"".join(decompressed(Trickle(plain, size), "-")) == plain


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\x1f", b"\x1e\x8b", b"2 plain\n", NOISE[:1] + b"x" * 3 * BLOCK_BYTES]
)
def test_what_is_not_compressed_is_handed_on(content: bytes) -> None:
    assert read(content) == content


def test_every_truncation_is_noticed_and_what_came_before_is_good() -> None:
    packed = gzip.compress(TEXT)
    for length in range(2, len(packed)):
        good, said = read_what_is_good(packed[:length])
        assert TEXT.startswith(good)
        assert said == "some.gz: gzip ends in the middle (truncated)"
    assert read_what_is_good(packed[:-1])[0] == TEXT


def test_every_truncation_of_a_second_member_is_noticed() -> None:
    packed, rest = gzip.compress(TEXT), gzip.compress(b"second")
    for length in range(1, len(rest)):
        good, said = read_what_is_good(packed + rest[:length])
        assert (good[: len(TEXT)], bool(said)) == (TEXT, True)


def test_a_truncation_at_each_place_around_a_block_is_noticed() -> None:
    packed = gzip.compress(NOISE)
    for length in range(BLOCK_BYTES - 4, BLOCK_BYTES + 5):
        good, said = read_what_is_good(packed[:length])
        assert NOISE.startswith(good)
        assert len(good) > BLOCK_BYTES - 100
        assert "truncated" in said


def test_every_changed_byte_of_the_content_is_noticed() -> None:
    packed = gzip.compress(TEXT[:300], mtime=0)
    for place in range(10, len(packed)):
        good, said = read_what_is_good(packed[:place] + bytes([packed[place] ^ 0x10]) + packed[place + 1 :])
        assert said
        assert len(good) < 10_000


@pytest.mark.parametrize("offset", range(-10, 11))
def test_a_member_may_begin_anywhere_around_a_block(offset: int) -> None:
    size = BLOCK_BYTES + offset
    stored = zlib.compressobj(0, zlib.DEFLATED, 31)
    content = NOISE[: size - 10 - 8 - 5 * (size // 16_383 + 1)]
    packed = stored.compress(content) + stored.flush()
    packed = packed[:3] + b"\x10" + packed[4:10] + b"c" * (size - len(packed) - 1) + b"\0" + packed[10:]
    assert len(packed) == size
    assert read(packed + gzip.compress(TEXT)) == content + TEXT
    assert read(packed + bytes(12) + gzip.compress(TEXT)) == content + TEXT
    assert read_what_is_good(packed + gzip.compress(TEXT)[:-1]) == (
        content + TEXT,
        "some.gz: gzip ends in the middle (truncated)",
    )


@pytest.mark.parametrize("zeros", [1, 512, BLOCK_BYTES, 2 * BLOCK_BYTES + 1])
def test_zeros_between_and_after_members_are_padding(zeros: int) -> None:
    one = gzip.compress(b"one\n") + bytes(zeros)
    assert read(one) == b"one\n"
    assert read(one + gzip.compress(b"two\n") + bytes(zeros)) == b"one\ntwo\n"


def test_anything_else_after_a_member_is_damage() -> None:
    good, said = read_what_is_good(gzip.compress(b"one\n") + b"two\n")
    assert good == b"one\n"
    assert said.startswith("some.gz: corrupt gzip: ")


def test_much_that_was_packed_into_little_comes_in_small_blocks() -> None:
    packed = gzip.compress(bytes(20 * BLOCK_BYTES))
    sizes = [len(block) for block in decompressed(BytesIO(packed), "bomb.gz")]
    assert sum(sizes) == 20 * BLOCK_BYTES
    assert max(sizes) == BLOCK_BYTES


@pytest.mark.parametrize(
    ("magic", "advice"),
    [
        (b"PAR1", "Parquet inside something else"),
        (b"PK\x03\x04", "zip: unpack it first"),
        (b"7z\xbc\xaf\x27\x1c", "7z: unpack it first"),
        (b"Rar!\x1a\x07", "rar: unpack it first"),
        (b"flow.log".ljust(257, b"\0") + b"ustar", "tar: unpack it first"),
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_what_cannot_be_read_yet_is_refused_with_advice(magic: bytes, advice: str, size: int) -> None:
    with pytest.raises(SourceDamaged, match=f"some.file is {advice}"):
        list(decompressed(Trickle(magic + b"rest of it", size), "some.file"))


PACKERS = {"gzip": gzip.compress, "zstd": ZstdCompressor().compress, "bzip2": bz2.compress, "xz": lzma.compress}
packers = pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)


@packers
def test_v5_packed_in_any_way_it_is_the_same_bytes(pack: Callable[[bytes], bytes]) -> None:
    for content in (b"", b"2 plain\n", TEXT, NOISE, bytes(3 * BLOCK_BYTES)):
        assert read(pack(content)) == content
        assert read(pack(content) + pack(TEXT) + pack(NOISE)) == content + TEXT + NOISE
        assert read(gzip.compress(pack(content) + pack(TEXT))) == content + TEXT


@packers
@pytest.mark.parametrize("size", [1, 7, 513])
def test_any_pipe_gives_the_same(pack: Callable[[bytes], bytes], size: int) -> None:
    packed = pack(TEXT) + pack(b"") + pack(TEXT)
    assert b"".join(decompressed(Trickle(packed, size), "-")) == TEXT * 2


@packers
def test_every_truncation_of_any_packing_is_noticed(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(TEXT[:999])
    for length in range(6, len(packed), 5):
        good, said = read_what_is_good(packed[:length])
        assert TEXT.startswith(good)
        assert "some.gz: " in said


@packers
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_damage_is_damage_or_other_bytes(pack: Callable[[bytes], bytes], data: st.DataObject) -> None:
    packed = bytearray(pack(TEXT[:999]))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(1, 255))
    read_what_is_good(bytes(packed) + data.draw(st.binary(max_size=20)))


def test_zstandard_skips_skippable_frames_and_packs_little_into_much() -> None:
    skippable = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"
    packed = ZstdCompressor().compress(TEXT) + skippable + ZstdCompressor().compress(bytes(40 * BLOCK_BYTES))
    sizes = [len(block) for block in decompressed(BytesIO(packed), "bomb.zst")]
    assert sum(sizes) == len(TEXT) + 40 * BLOCK_BYTES
    assert max(sizes) <= BLOCK_BYTES


def test_zstandard_with_a_window_that_is_too_large_is_refused() -> None:
    for log, refused in ((27, False), (28, True)):
        packer = ZstdCompressor(
            compression_params=ZstdCompressionParameters.from_level(1, window_log=log)
        ).compressobj()
        good, said = read_what_is_good(packer.compress(TEXT) + packer.flush())
        assert (good, said) == (
            (b"", "some.gz: zstd needs a window of 256 MiB, and 128 MiB are allowed: compress it without --long")
            if refused
            else (TEXT, "")
        )


def test_a_disk_that_fails_is_damage_after_what_was_good() -> None:
    good = []
    with pytest.raises(SourceDamaged, match=r"some\.log: read error: Input/output error"):
        good.extend(decompressed(Broken(NOISE), "some.log"))
    assert good == [NOISE[:BLOCK_BYTES]]
