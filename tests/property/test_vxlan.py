"""Mirrored frames: any bytes are judged alike one by one, by columns and by scapy; tagging changes only tags."""

from hypothesis import given
from hypothesis import strategies as st

from mirror.columns import decode as decode_block
from mirror.frames import ETHERNET, GENEVE_PAYLOAD, VXLAN_PAYLOAD, Drop
from mirror.outer import LINKS
from mirror.tagging import tag
from mirror.vxlan import Inner, decode
from mirrored_frames import block_of, geneve, inner, ipv4, udp, vxlan
from vxlan_oracle import PORTS, taken_by_both, templates


def test_scapy_says_the_same_of_hostile_frames() -> None:
    """Many more of them: tests/integration/test_vxlan_oracle.py."""
    assert 500 < taken_by_both(seed=1, count=2000) < 1800


pieces = st.sampled_from([*templates(), b"", geneve(ipv4(udp(vxlan(3, inner())))), vxlan(4, inner(tags=[1, 2]))])
spoiled = st.builds(
    lambda frame, at, put, cut: (frame[:at] + put + frame[at + len(put) :])[:cut],
    pieces,
    st.integers(0, 120),
    st.binary(max_size=4),
    st.integers(0, 400),
)


@given(
    frames=st.lists(spoiled | st.binary(max_size=150), max_size=8),
    link=st.sampled_from([ETHERNET, ETHERNET, VXLAN_PAYLOAD, GENEVE_PAYLOAD, *sorted(LINKS)]),
    strict=st.booleans(),
)
def test_any_bytes_by_columns_are_what_they_are_one_by_one(frames: list[bytes], link: int, strict: bool) -> None:
    block = block_of(frames, link, gap=b"\xa5" * 24)
    many = decode_block(block, PORTS, strict_reserved=strict)
    told = [decode(frame, link, PORTS, strict_reserved=strict) for frame in frames]
    assert [Drop(drop) for drop in many.drops] == [one if isinstance(one, Drop) else Drop.KEPT for one in told]
    starts, ends = many.starts - block.starts[many.rows], many.ends - block.starts[many.rows]
    columns = (many.vnis, starts, ends, many.own_tags, many.truncated, many.reserved)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    assert [Inner(*row) for row in rows] == [one for one in told if not isinstance(one, Drop)]


@given(frames=st.lists(spoiled, min_size=1, max_size=6))
def test_tagging_changes_nothing_but_tags(frames: list[bytes]) -> None:
    block = block_of(frames)
    found = decode_block(block, PORTS)
    before = [bytes(block.data[start:end]) for start, end in zip(found.starts, found.ends, strict=True)]
    starts, ends = tag(block.data, found)
    for at, frame in enumerate(before):
        vni, own = int(found.vnis[at]), int(found.own_tags[at])
        tags = b"\x81\0%b\x81\0%b" % ((vni >> 12).to_bytes(2, "big"), (vni & 0xFFF).to_bytes(2, "big"))
        rest = frame[12 : 12 + 4 * min(own, 1)] + frame[12 + 4 * own :]
        assert bytes(block.data[starts[at] : ends[at]]) == frame[:12] + tags + rest
