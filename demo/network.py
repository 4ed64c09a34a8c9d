"""The cast: two VPCs, their interfaces and the outside world, as literal tables.

Outside addresses are for documentation only (RFC 5737, RFC 3849), inside ones are private (RFC 1918); the VPC's IPv6
addresses are of the documentation prefix too. Ids have AWS's form and mean nothing.
"""

from dataclasses import dataclass

ACCOUNT = "123456789010"
REGION = "eu-central-1"


@dataclass(frozen=True, slots=True)
class Vpc:
    """A VPC and the flow log that covers it."""

    id: str
    name: str
    flow_log_id: str


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet. To the internet, a public one goes by the internet gateway, a private one by the NAT gateway."""

    id: str
    vpc: Vpc
    public: bool


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface. `instance` is `-` where AWS owns it (load balancer, NAT gateway, database)."""

    name: str
    address: str
    eni: str
    instance: str
    subnet: Subnet
    ipv6: str | None = None


SHOP = Vpc("vpc-0a7c31d5e2f8b4960", "shop", "fl-0c5d19a3b7e2f4681")
ANALYTICS = Vpc("vpc-0b94e6f1a3d7c2058", "analytics", "fl-0e81b6d4c92a5f307")
"""Peered with the shop."""

PUBLIC_A = Subnet("subnet-01f4a8c3e7b2d9560", SHOP, public=True)  # 10.20.0.0/24, 2001:db8:20::/64
PUBLIC_B = Subnet("subnet-02c7d1e5f9a3b6048", SHOP, public=True)  # 10.20.1.0/24, 2001:db8:21::/64
WEB = Subnet("subnet-03b6e2f8a4c1d7950", SHOP, public=False)  # 10.20.10.0/24
APP = Subnet("subnet-04a9f3c7d1e5b2806", SHOP, public=False)  # 10.20.11.0/24
DATA = Subnet("subnet-05d8b4a2c6e1f3907", SHOP, public=False)  # 10.20.20.0/24
BATCH = Subnet("subnet-06e3c9a7f1b5d4820", ANALYTICS, public=False)  # 10.30.0.0/24
REPORTS = Subnet("subnet-07f2d6b8a3c9e1504", ANALYTICS, public=True)  # 10.30.1.0/24

# fmt: off
INTERFACES = (
    Interface("lb-a",      "10.20.0.10",  "eni-0a1100c4e5f7b2d01", "-",                   PUBLIC_A, "2001:db8:20::10"),
    Interface("lb-b",      "10.20.1.10",  "eni-0a1200d5f6a8c3e02", "-",                   PUBLIC_B, "2001:db8:21::10"),
    Interface("nat",       "10.20.0.20",  "eni-0a1300e6a7b9d4f03", "-",                   PUBLIC_A),
    Interface("bastion",   "10.20.0.30",  "eni-0a1400f7b8cae5a04", "i-0b1400a2c4e6f8d04", PUBLIC_A),
    Interface("legacy",    "10.20.1.40",  "eni-0a1500a8c9dbf6b05", "i-0b1500b3d5f7a9e05", PUBLIC_B),
    Interface("web-1",     "10.20.10.11", "eni-0a2100b9daeca7c06", "i-0b2100c4e6a8baf06", WEB),
    Interface("web-2",     "10.20.10.12", "eni-0a2200caebfdb8d07", "i-0b2200d5f7b9cba07", WEB),
    Interface("web-3",     "10.20.10.13", "eni-0a2300dbfcaec9e08", "i-0b2300e6a8cadcb08", WEB),
    Interface("app-1",     "10.20.11.21", "eni-0a3100ecadbfdaf09", "i-0b3100f7b9dbedc09", APP),
    Interface("app-2",     "10.20.11.22", "eni-0a3200fdbecaeba10", "i-0b3200a8caecfed10", APP),
    Interface("app-3",     "10.20.11.23", "eni-0a3300aecfdbfcb11", "i-0b3300b9dbfdafe11", APP),
    Interface("db-1",      "10.20.20.31", "eni-0a4100bfdaecadc12", "-",                   DATA),
    Interface("db-spare",  "10.20.20.32", "eni-0a4200caebfdbed13", "-",                   DATA),
    Interface("warehouse", "10.30.0.10",  "eni-0a5100dbfcaecfe14", "i-0b5100caecaebfa14", BATCH),
    Interface("batch-1",   "10.30.0.21",  "eni-0a5200ecadbfdaf15", "i-0b5200dbfdbfcab15", BATCH),
    Interface("batch-2",   "10.30.0.22",  "eni-0a5300fdbecaeba16", "i-0b5300ecaecadbc16", BATCH),
    Interface("batch-old", "10.30.0.99",  "eni-0a5400aecfdbfcb17", "i-0b5400fdbfdbecd17", BATCH),
    Interface("reports",   "10.30.1.40",  "eni-0a5500bfdaecadc18", "i-0b5500aecaecfde18", REPORTS),
)
# fmt: on

BY_NAME = {interface.name: interface for interface in INTERFACES}
BY_ADDRESS = {
    address: interface for interface in INTERFACES for address in (interface.address, interface.ipv6) if address
}

LOAD_BALANCERS = (BY_NAME["lb-a"], BY_NAME["lb-b"])
WEB_SERVERS = tuple(BY_NAME[f"web-{number}"] for number in (1, 2, 3))
APP_SERVERS = tuple(BY_NAME[f"app-{number}"] for number in (1, 2, 3))
NAT = BY_NAME["nat"]
BASTION = BY_NAME["bastion"]
LEGACY = BY_NAME["legacy"]
"""The forgotten host: SSH open to the world. What the intruder takes."""
DATABASE = BY_NAME["db-1"]
WAREHOUSE = BY_NAME["warehouse"]
BATCH_HOSTS = (BY_NAME["batch-1"], BY_NAME["batch-2"])
REPORTS_HOST = BY_NAME["reports"]

VISITORS = tuple(f"192.0.2.{host}" for host in range(16, 255))
VISITORS_IPV6 = tuple(f"2001:db8:c{net:x}::{host:x}" for net in range(12) for host in range(1, 21))
PROBERS = tuple(f"198.51.100.{host}" for host in range(1, 255))
PROBERS_IPV6 = tuple(f"2001:db8:bad::{host:x}" for host in range(1, 9))
OFFICE = "192.0.2.10"
RESOLVER = "203.0.113.53"
TIME_SERVER = "203.0.113.123"
WEB_SERVICES = ("203.0.113.10", "203.0.113.11", "203.0.113.12", "203.0.113.13")
"""What the servers call over HTTPS: payments, mail, package mirrors."""
SCANNER = "203.0.113.66"
INTRUDER = "203.0.113.77"
DROP = "203.0.113.99"
"""Where the stolen data goes."""
