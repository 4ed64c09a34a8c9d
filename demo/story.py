"""The day as scenes. A scene is a function whose first line is its sentence; it yields flows and nothing else.

The plot: a shop runs its day; the internet knocks on its doors; at night one address scans a forgotten host, another
guesses its way in, reads the database from there, and sends it out for an hour.
"""

from collections.abc import Callable, Iterator
from random import Random

from demo import network as cast
from demo import sample
from demo.flow import ICMP, ICMPV6, NOTHING, TCP, UDP, Ends, Flow, Span, Verdict, Volume, tcp, udp
from demo.stage import HOUR, MINUTE, Period, PortBook, Stage

Scene = Callable[[Stage], Iterator[Flow]]

# port, protocol, how often: what the internet tries on any public address.
PROBED_PORTS = (
    (22, TCP, 38),
    (3389, TCP, 24),
    (23, TCP, 10),
    (445, TCP, 7),
    (3306, TCP, 5),
    (6379, TCP, 4),
    (1433, TCP, 3),
    (5900, TCP, 3),
    (5060, UDP, 2),
    (161, UDP, 2),
    (8081, TCP, 1),
    (9200, TCP, 1),
)
PROBED_HOSTS = (*cast.LOAD_BALANCERS, cast.NAT, cast.BASTION)

SCANNED_PORTS = range(1, 10001)
ANSWERING_PORTS = (22, 80, 443)
CLOSED_PORTS = (8000, 8443)
"""Of the forgotten host: what its security group lets through, with and without a listener."""

PRIVATE_HOSTS = (*cast.WEB_SERVERS, *cast.APP_SERVERS)


def web_day(stage: Stage) -> Iterator[Flow]:
    """Visitors come to the load balancers over HTTPS, and each visit goes on to a web server and an app server."""
    chance = stage.chance
    for _ in range(stage.count(7900)):
        span = stage.by_day(min(110, int(chance.expovariate(1 / 12))))
        balancer = chance.choice(cast.LOAD_BALANCERS)
        web = chance.choice(cast.WEB_SERVERS).address
        app = chance.choice(cast.APP_SERVERS).address
        asked = chance.randint(900, 6000)
        page = min(4_000_000, int(chance.lognormvariate(10.2, 1.1)))
        yield stage.flow(Ends(*_visit(chance, balancer), 443), span, tcp(asked), tcp(page))
        yield stage.flow(Ends(balancer.address, web, 8080), span, tcp(asked + 300), tcp(page))
        inner = Span(span.start, max(0, span.seconds - 1))
        yield stage.flow(Ends(web, app, 9000), inner, tcp(asked // 2), tcp(page // 4))


def _visit(chance: Random, balancer: cast.Interface) -> tuple[str, str]:
    """Visitor and load balancer address: one visit in eight over IPv6."""
    if balancer.ipv6 and chance.random() < 0.125:
        return chance.choice(cast.VISITORS_IPV6), balancer.ipv6
    return chance.choice(cast.VISITORS), balancer.address


def database_pools(stage: Stage) -> Iterator[Flow]:
    """Each app server keeps a connection to the database, renewed every hour: records without SYN or FIN."""
    number = stage.count(72)
    step = (stage.period.end - stage.period.begin - HOUR) / number
    for index in range(number):
        app = cast.APP_SERVERS[index % len(cast.APP_SERVERS)].address
        span = Span(stage.period.begin + int(index * step), HOUR - MINUTE)
        rows = stage.chance.randint(4_000_000, 9_000_000)
        yield stage.flow(Ends(app, cast.DATABASE.address, 5432), span, tcp(rows // 5), tcp(rows))


def name_lookups(stage: Stage) -> Iterator[Flow]:
    """The servers ask an outside resolver for names, through the NAT gateway."""
    for _ in range(stage.count(1500)):
        host = stage.chance.choice(PRIVATE_HOSTS).address
        ends = Ends(host, cast.RESOLVER, 53, UDP)
        yield stage.flow(ends, stage.by_day(0), udp(stage.chance.randint(30, 60)), udp(stage.chance.randint(60, 400)))


def clock_checks(stage: Stage) -> Iterator[Flow]:
    """The servers ask an outside time server for the time, through the NAT gateway."""
    for _ in range(stage.count(350)):
        ends = Ends(stage.chance.choice(PRIVATE_HOSTS).address, cast.TIME_SERVER, 123, UDP)
        yield stage.flow(ends, stage.any_time(0), udp(48), udp(48))


def outside_services(stage: Stage) -> Iterator[Flow]:
    """The app servers call payment, mail and package services over HTTPS, through the NAT gateway."""
    chance = stage.chance
    for _ in range(stage.count(650)):
        ends = Ends(chance.choice(cast.APP_SERVERS).address, chance.choice(cast.WEB_SERVICES), 443)
        span = stage.by_day(chance.randint(0, 40))
        yield stage.flow(ends, span, tcp(chance.randint(700, 9000)), tcp(chance.randint(2000, 200_000)))


def probes(stage: Stage) -> Iterator[Flow]:
    """The internet knocks on every public address, mostly for SSH and RDP, and is refused."""
    chance = stage.chance
    tried = [(port, protocol) for port, protocol, _ in PROBED_PORTS]
    weights = [weight for _, _, weight in PROBED_PORTS]
    for _ in range(stage.count(8600)):
        port, protocol = chance.choices(tried, weights)[0]
        ends = Ends(chance.choice(cast.PROBERS), chance.choice(PROBED_HOSTS).address, port, protocol)
        yield _refused(stage, ends, stage.any_time(chance.choice((0, 0, 1, 3))))


def probes_over_ipv6(stage: Stage) -> Iterator[Flow]:
    """A few knock on the load balancers' IPv6 addresses."""
    for _ in range(stage.count(120)):
        target = stage.chance.choice(cast.LOAD_BALANCERS).ipv6 or ""
        yield _refused(stage, Ends(stage.chance.choice(cast.PROBERS_IPV6), target, 22), stage.any_time(0))


def probes_of_reports(stage: Stage) -> Iterator[Flow]:
    """The analytics VPC's only public host is probed too, and its default-format flow log says so."""
    for _ in range(stage.count(500)):
        ends = Ends(stage.chance.choice(cast.PROBERS), cast.REPORTS_HOST.address, stage.chance.choice((22, 3389, 23)))
        yield _refused(stage, ends, stage.between(stage.period.analytics_logged_from, stage.period.end, 0))


def _refused(stage: Stage, ends: Ends, span: Span) -> Flow:
    packets = 1 if span.seconds == 0 else stage.chance.randint(2, 3)
    size = 44 if ends.protocol == TCP else 60
    return stage.flow(ends, span, Volume(packets, size * packets), NOTHING, Verdict.REFUSED)


def pings(stage: Stage) -> Iterator[Flow]:
    """The bastion pings the servers, and the office pings the bastion."""
    chance = stage.chance
    for _ in range(stage.count(350)):
        echo = Volume(4, 4 * 84)
        ends = Ends(cast.BASTION.address, chance.choice(PRIVATE_HOSTS).address, 0, ICMP)
        yield stage.flow(ends, stage.any_time(3), echo, echo)
        yield stage.flow(Ends(cast.OFFICE, cast.BASTION.address, 0, ICMP), stage.by_day(3), echo, echo)


def pings_over_ipv6(stage: Stage) -> Iterator[Flow]:
    """Visitors ping a load balancer over IPv6."""
    for _ in range(stage.count(100)):
        target = stage.chance.choice(cast.LOAD_BALANCERS).ipv6 or ""
        echo = Volume(2, 2 * 104)
        yield stage.flow(Ends(stage.chance.choice(cast.VISITORS_IPV6), target, 0, ICMPV6), stage.by_day(1), echo, echo)


def administration(stage: Stage) -> Iterator[Flow]:
    """The office logs in to the bastion and from there to a server."""
    chance = stage.chance
    for _ in range(stage.count(24)):
        span = stage.by_day(chance.randint(120, 900))
        typed = chance.randint(4000, 40_000)
        yield stage.flow(Ends(cast.OFFICE, cast.BASTION.address, 22), span, tcp(typed), tcp(typed * 8))
        onward = Ends(cast.BASTION.address, chance.choice(PRIVATE_HOSTS).address, 22)
        yield stage.flow(onward, span, tcp(typed), tcp(typed * 8))


def login_in_the_clear(stage: Stage) -> Iterator[Flow]:
    """The office logs in to the forgotten host over FTP: a mirror session sees the password, the flow log the bytes."""
    yield sample.connection(stage.by_day(sample.seconds()).start)


def peering(stage: Stage) -> Iterator[Flow]:
    """The VPCs work together over the peering: batch hosts read the shop's database, app servers feed the warehouse."""
    chance = stage.chance
    for _ in range(stage.count(500)):
        reader = Ends(chance.choice(cast.BATCH_HOSTS).address, cast.DATABASE.address, 5432)
        rows = chance.randint(20_000, 600_000)
        yield stage.flow(reader, stage.any_time(chance.randint(1, 50)), tcp(rows // 50), tcp(rows))
        feeder = Ends(chance.choice(cast.APP_SERVERS).address, cast.WAREHOUSE.address, 5439)
        yield stage.flow(feeder, stage.by_day(chance.randint(1, 20)), tcp(rows // 4), tcp(800))


def analytics_jobs(stage: Stage) -> Iterator[Flow]:
    """Inside the analytics VPC, batch hosts fill the warehouse and the reports host reads it."""
    chance = stage.chance
    for _ in range(stage.count(700)):
        client = chance.choice((*cast.BATCH_HOSTS, cast.REPORTS_HOST)).address
        span = stage.between(stage.period.analytics_logged_from, stage.period.end, chance.randint(1, 30))
        rows = chance.randint(5000, 400_000)
        yield stage.flow(Ends(client, cast.WAREHOUSE.address, 5439), span, tcp(rows), tcp(rows // 20))


def port_scan(stage: Stage) -> Iterator[Flow]:
    """In a quarter of an hour one outside address tries thousands of ports of the forgotten host."""
    begin = stage.period.theft - 95 * MINUTE
    let_through = {*ANSWERING_PORTS, *CLOSED_PORTS}
    others = [port for port in SCANNED_PORTS if port not in let_through]
    refused = stage.chance.sample(others, min(len(others), stage.count(3200)))
    for port in stage.chance.sample([*refused, *sorted(let_through)], len(refused) + len(let_through)):
        ends = Ends(cast.SCANNER, cast.LEGACY.address, port)
        span = stage.between(begin, begin + 15 * MINUTE, 0)
        yield stage.flow(ends, span, *_scan_result(port))


def _scan_result(port: int) -> tuple[Volume, Volume, Verdict]:
    if port in ANSWERING_PORTS:
        return tcp(0), tcp(0), Verdict.ANSWERED
    if port in CLOSED_PORTS:
        return Volume(1, 44), Volume(1, 40), Verdict.CLOSED
    return Volume(1, 44), NOTHING, Verdict.REFUSED


def password_guessing(stage: Stage) -> Iterator[Flow]:
    """Another outside address guesses SSH passwords on the forgotten host; every try is let through."""
    begin = stage.period.theft - 55 * MINUTE
    for _ in range(stage.count(600)):
        span = stage.between(begin, begin + 25 * MINUTE, stage.chance.randint(1, 4))
        yield stage.flow(Ends(cast.INTRUDER, cast.LEGACY.address, 22), span, tcp(1900), tcp(2300))


def intruder_session(stage: Stage) -> Iterator[Flow]:
    """One guess was right: a long SSH session, quiet tries at the neighbours, and a read of the whole database."""
    begin = stage.period.theft - 28 * MINUTE
    yield stage.flow(Ends(cast.INTRUDER, cast.LEGACY.address, 22), Span(begin, 92 * MINUTE), tcp(210_000), tcp(890_000))
    for host in (*PRIVATE_HOSTS, cast.DATABASE):
        for port in (22, 445, 3389, 6379):
            span = stage.between(begin + MINUTE, begin + 6 * MINUTE, 3)
            yield _refused(stage, Ends(cast.LEGACY.address, host.address, port), span)
    read = Ends(cast.LEGACY.address, cast.DATABASE.address, 5432)
    yield stage.flow(read, Span(begin + 8 * MINUTE, 18 * MINUTE), tcp(9_000_000), tcp(5_200_000_000))


def exfiltration(stage: Stage) -> Iterator[Flow]:
    """In six uploads over an hour at night, the forgotten host sends nearly seven gigabytes to one outside address."""
    for upload in range(6):
        span = Span(stage.period.theft + upload * 10 * MINUTE, 10 * MINUTE - 5)
        sent = stage.chance.randint(1_030_000_000, 1_180_000_000)
        yield stage.flow(Ends(cast.LEGACY.address, cast.DROP, 443), span, tcp(sent), tcp(sent // 90))


SCENES: tuple[Scene, ...] = (
    web_day,
    database_pools,
    name_lookups,
    clock_checks,
    outside_services,
    probes,
    probes_over_ipv6,
    probes_of_reports,
    pings,
    pings_over_ipv6,
    administration,
    login_in_the_clear,
    peering,
    analytics_jobs,
    port_scan,
    password_guessing,
    intruder_session,
    exfiltration,
)


def flows(period: Period, seed: int, scale: float) -> Iterator[Flow]:
    """Every conversation of the day, scene by scene. The same arguments give the same flows."""
    ports = PortBook()
    for scene in SCENES:
        name = scene.__name__
        chance = Random(f"{seed} {name}")  # noqa: S311 - a story that can be told again, not a secret
        yield from scene(Stage(name, period, scale, chance, ports))
