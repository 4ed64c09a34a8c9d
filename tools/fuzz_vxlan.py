"""Coverage-guided fuzzing of the decoder of mirrored packets and of the readers of captures, by atheris (libFuzzer).

    pip install atheris && python tools/fuzz_vxlan.py -max_total_time=300 -max_len=4096 -print_final_stats=1
    python tools/fuzz_vxlan.py --plain 20000      without atheris: seeds spoiled at random, memory in between

Any bytes, as frames of a block and as a capture: never an error but our own, the fast way says what the exact one
says, no byte outside a frame has a say. libFuzzer tells how many runs, what was covered, and the memory it took.
"""

import io
import sys
from contextlib import nullcontext
from pathlib import Path
from random import Random
from tempfile import mkdtemp

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

PLAIN = sys.argv[1:2] == ["--plain"]
if not PLAIN:
    import atheris

with nullcontext() if PLAIN else atheris.instrument_imports(include=["mirror"]):
    from mirror.capture import blocks
    from mirror.capture_writer import CaptureWriter
    from mirror.columns import decode as decode_block
    from mirror.decoding import Decoding, Wanted
    from mirror.errors import MirrorError
    from mirror.frames import ETHERNET, GENEVE_PAYLOAD, VXLAN_PAYLOAD, Drop
    from mirror.outer import LINKS, Ports
    from mirror.vxlan import Inner, decode

from mirrored_frames import (  # noqa: E402  (the packages' place is known only now)
    block_of,
    ethernet,
    geneve,
    inner,
    inner6,
    ipv4,
    ipv6,
    mirrored,
    udp,
    vxlan,
)

_PORTS = Ports(frozenset({4789}))
_LINKS = (ETHERNET, VXLAN_PAYLOAD, GENEVE_PAYLOAD, *sorted(LINKS))
_MOST_FRAMES = 6


def seeds() -> list[bytes]:
    """What mutations begin with: mirrored frames of every kind, one and several, and a capture."""
    frames = [
        mirrored(1053, inner()),
        mirrored(0xFFFFFF, inner6()),
        mirrored(7, inner(tags=[1, 2, 3])),
        mirrored(7, inner(claims=900)),
        ethernet(ipv6(udp(vxlan(9, inner()))), 0x86DD),
        ethernet(ipv4(udp(geneve(ipv4(udp(vxlan(3, inner()))), options=bytes(32)), 6081))),
    ]
    capture = io.BytesIO()
    writer = CaptureWriter(capture)  # type: ignore[arg-type]
    block = block_of(frames)
    writer.write(block.data, block.starts, block.ends, block.times_ns)
    one_each = [
        bytes([link, 0]) + b"".join(len(each).to_bytes(2, "big") + each for each in frames) for link in range(3)
    ]
    return [*one_each, bytes([255, 0]) + capture.getvalue()]


def judge(data: bytes) -> None:
    """One input: as a capture, or as frames of a block."""
    if len(data) < 2:
        return
    if data[0] >= 250:
        _as_capture(data[2:])
    else:
        _as_frames(_LINKS[data[0] % len(_LINKS)], bool(data[1] & 1), data[2:])


def _as_capture(data: bytes) -> None:
    decoding = Decoding(Wanted(look_for_duplicates=True))
    try:
        for block in blocks(io.BufferedReader(io.BytesIO(data)), "fuzz"):  # type: ignore[arg-type]
            decoding.take(block)
    except MirrorError:
        return


def _as_frames(link: int, strict: bool, data: bytes) -> None:
    frames = list(_cut(data))
    told = [decode(frame, link, _PORTS, strict_reserved=strict) for frame in frames]
    for gap in (b"\xa5" * 24, bytes(24)):
        block = block_of(frames, link, gap=gap)
        many = decode_block(block, _PORTS, strict_reserved=strict)
        drops = [one if isinstance(one, Drop) else Drop.KEPT for one in told]
        starts, ends = many.starts - block.starts[many.rows], many.ends - block.starts[many.rows]
        columns = (many.vnis, starts, ends, many.own_tags, many.truncated, many.reserved)
        rows = [Inner(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
        if [Drop(drop) for drop in many.drops] != drops or rows != [
            each for each in told if not isinstance(each, Drop)
        ]:
            raise AssertionError("the columns say something else than the exact way")


def _cut(data: bytes) -> list[bytes]:
    """Frames, each after its length in two bytes."""
    found, at = [], 0
    while at + 2 <= len(data) and len(found) < _MOST_FRAMES:
        size = int.from_bytes(data[at : at + 2], "big")
        found.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    return found


def plainly(runs: int) -> None:
    """Memory of this process alone: libFuzzer's own grows with every run."""
    chance, known = Random(1), seeds()  # noqa: S311  (no secret)
    for run in range(runs + 1):
        data = bytearray(chance.choice(known))
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        judge(bytes(data[: chance.randint(2, len(data))]))
        if run % (runs // 4) == 0:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            sys.stdout.write(f"{run:,} runs, {pages >> 8} MiB\n")


if __name__ == "__main__":
    if PLAIN:
        plainly(int(sys.argv[2]))
        sys.exit()
    corpus = Path(mkdtemp(prefix="flowtap-fuzz-"))
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([*sys.argv, str(corpus)], judge)
    atheris.Fuzz()
