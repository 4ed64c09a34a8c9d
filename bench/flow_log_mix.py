"""Flow-log text of a fixed mix: at least 30 % distinct 5-tuples, 10 % IPv6, 2 % NODATA, 1 % ICMP. Same seed, same text.

Each block of records has flows of its own, one for each five records, met in both directions: so more than a third of
the 5-tuples are distinct, as in the log of some minutes of busy interfaces.
"""

import random
from collections.abc import Iterator

BLOCK = 10_000
DISTINCT = 0.2
IPV6, NODATA, ICMP = 0.10, 0.02, 0.01
BEGIN = 1_767_225_600  # 2026-01-01

DEFAULT = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
ALL_FIELDS = DEFAULT + (
    " vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type sublocation-id"
    " pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path ecs-cluster-arn ecs-cluster-name"
    " ecs-container-instance-arn ecs-container-instance-id ecs-container-id ecs-second-container-id ecs-service-name"
    " ecs-task-definition-arn ecs-task-arn ecs-task-id reject-reason resource-id encryption-status"
)
_SERVICES = (443, 443, 443, 443, 53, 80, 22, 3306, 5432, 8080, 9200)

Flow = tuple[str, str, str, int, int, int]


def default_lines(records: int, seed: int = 1) -> Iterator[bytes]:
    """Blocks of lines in the default format, the header first."""
    yield DEFAULT.encode() + b"\n"
    dice = random.Random(seed)  # noqa: S311  (a mix, not secrets)
    for first in range(0, records, BLOCK):
        count = min(BLOCK, records - first)
        flows = [_flow(dice) for _ in range(max(int(count * DISTINCT), 1))]
        yield b"".join(_default_line(dice, flows, first + number) for number in range(count))


def all_fields_lines(records: int, seed: int = 1) -> Iterator[bytes]:
    """The same records with every field of versions 2 to 10; what does not apply is `-`."""
    yield ALL_FIELDS.encode() + b"\n"
    dice = random.Random(seed)  # noqa: S311
    for block in default_lines(records, seed):
        yield b"".join(_more(dice, line) for line in block.splitlines() if not line.startswith(b"version"))


def with_bad_lines(block: bytes, share: float, seed: int = 1) -> bytes:
    """So many lines are cut short in the middle."""
    dice = random.Random(seed)  # noqa: S311
    lines = block.splitlines(keepends=True)
    return b"".join(line[: len(line) // 2] + b"\n" if dice.random() < share else line for line in lines)


def _flow(dice: random.Random) -> Flow:
    six = dice.random() < IPV6
    source, destination = (_six(dice), _six(dice)) if six else (_inside(dice), _outside(dice))
    interface = f"eni-{dice.randrange(64) * 0x9E3779B97F4A7C1 & (1 << 68) - 1:017x}"
    if dice.random() < ICMP:
        return interface, source, destination, 0, 0, 58 if six else 1
    port = dice.choice(_SERVICES) if dice.random() < 0.8 else dice.randrange(1, 65_536)
    return interface, source, destination, dice.randrange(32_768, 61_000), port, 17 if port == 53 else 6


def _default_line(dice: random.Random, flows: list[Flow], number: int) -> bytes:
    interface, source, destination, source_port, port, protocol = dice.choice(flows)
    start = BEGIN + number // 500 + dice.randrange(60)
    if dice.random() < NODATA:
        return f"2 123456789012 {interface} - - - - - - - {start} {start + 60} - NODATA\n".encode()
    if dice.random() < 0.5:
        source, destination, source_port, port = destination, source, port, source_port
    packets = int(dice.paretovariate(1.1)) % 100_000 + 1
    action = "ACCEPT" if dice.random() < 0.9 else "REJECT"
    counters = f"{packets} {packets * dice.randrange(40, 1400)} {start} {start + dice.randrange(1, 60)}"
    flow = f"{interface} {source} {destination} {source_port} {port} {protocol}"
    return f"2 123456789012 {flow} {counters} {action} OK\n".encode()


def _more(dice: random.Random, line: bytes) -> bytes:
    cells = line.decode().split()
    if cells[-1] == "NODATA":
        return line + b" -" * 28 + b"\n"
    egress = dice.random() < 0.5
    interface = cells[2]
    vpc = f"vpc-0{interface[-16:]} subnet-0{interface[-16:]} i-0{interface[-16:]}"
    flags = dice.choice(("2", "3", "18", "19", "0")) if cells[7] == "6" else "0"
    service = dice.choice(("-", "-", "AMAZON", "S3"))
    task = "- " * 10
    if dice.random() < 0.25:
        arn = f"arn:aws:ecs:eu-central-1:123456789012:task/shop/{dice.randrange(1 << 20):032x}"
        task = f"arn:aws:ecs:eu-central-1:123456789012:cluster/shop shop - - {interface} - web - {arn} {arn[-32:]} "
    more = (
        f"{vpc} {flags} {'IPv6' if ':' in cells[3] else 'IPv4'} {cells[3]} {cells[4]} eu-central-1 euc1-az2 - - "
        f"{'-' if egress else service} {service if egress else '-'} {'egress' if egress else 'ingress'} "
        f"{dice.choice('128') if egress else '-'} {task}{'BPA' if cells[12] == 'REJECT' else '-'} - 0"
    )
    return f"5 {' '.join(cells[1:])} {more}\n".encode()


def _inside(dice: random.Random) -> str:
    return f"10.{dice.randrange(4)}.{dice.randrange(256)}.{dice.randrange(1, 255)}"


def _outside(dice: random.Random) -> str:
    if dice.random() < 0.5:
        return _inside(dice)
    return f"{dice.randrange(11, 224)}.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(256)}"


def _six(dice: random.Random) -> str:
    if dice.random() < 0.5:
        return f"2600:1f18:{dice.randrange(1 << 16):x}:{dice.randrange(1, 1 << 16):x}::{dice.randrange(1, 1 << 16):x}"
    return "2a05:d014:" + ":".join(f"{dice.randrange(1 << 12, 1 << 16):x}" for _ in range(6))
