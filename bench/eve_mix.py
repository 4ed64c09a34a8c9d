"""The corpus of bench/eve.py: made-up events in the shapes that Suricata 7 writes them with its own settings."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_MIX = (
    ("flow", 34), ("dns", 26), ("http", 14), ("tls", 10), ("fileinfo", 5), ("smb", 4), ("ssh", 3), ("alert", 2),
    ("netflow", 1), ("anomaly", 1),
)  # fmt: skip
_PORTS = {"dns": 53, "http": 80, "fileinfo": 80, "tls": 443, "smb": 445, "ssh": 22, "alert": 80}
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "curl/8.5.0",
)


def corpus(events: int, seed: int = 1) -> bytes:
    """So many lines; the same ones for the same arguments."""
    dice = random.Random(seed)  # noqa: S311  (made-up traffic)
    kinds = dice.choices([kind for kind, _ in _MIX], [share for _, share in _MIX], k=events)
    lines = (json.dumps(_event(dice, kind, number), separators=(",", ":")) for number, kind in enumerate(kinds))
    return ("\n".join(lines) + "\n").encode()


def _event(dice: random.Random, kind: str, number: int) -> dict[str, Any]:
    at = _BEGIN + timedelta(milliseconds=number * 7, microseconds=dice.randrange(1000))
    client, server = f"10.1.{dice.randrange(8)}.{dice.randrange(1, 255)}", f"198.51.100.{dice.randrange(1, 255)}"
    event: dict[str, Any] = {
        "timestamp": _time(at), "flow_id": dice.randrange(1 << 40, 1 << 51), "in_iface": "mirror0", "event_type": kind,
        "src_ip": client, "src_port": dice.randrange(1024, 65536), "dest_ip": server,
        "dest_port": _PORTS.get(kind) or dice.choice((53, 80, 123, 443, 445, 5432)),
        "proto": "UDP" if kind == "dns" else "TCP", "pkt_src": "wire/pcap",
        "community_id": f"1:{dice.randbytes(20).hex()[:27]}=",
    }  # fmt: skip
    if kind in {"flow", "netflow"}:
        del event["pkt_src"]
    return event | _FAMILIES[kind](dice, at) | {"host": "sensor-1"}


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}+0000"


def _name(dice: random.Random) -> str:
    return (
        f"{dice.choice(('www', 'api', 'cdn', 'mail', 'static'))}{dice.randrange(500)}.example{dice.randrange(40)}.org"
    )


def _flow(dice: random.Random, at: datetime) -> dict[str, Any]:
    start, age = at - timedelta(seconds=70, microseconds=dice.randrange(10**6)), dice.randrange(60)
    return {
        "app_proto": dice.choice(("http", "tls", "dns", "failed")),
        "flow": {
            "pkts_toserver": dice.randrange(1, 900), "pkts_toclient": dice.randrange(900),
            "bytes_toserver": dice.randrange(60, 10**6), "bytes_toclient": dice.randrange(10**7), "start": _time(start),
            "end": _time(start + timedelta(seconds=age)), "age": age, "state": dice.choice(("closed", "new")),
            "reason": "timeout", "alerted": False,
        },
        "tcp": {
            "tcp_flags": "1b", "tcp_flags_ts": "1b", "tcp_flags_tc": "1b", "syn": True, "fin": True, "psh": True,
            "ack": True, "state": "closed", "ts_max_regions": 1, "tc_max_regions": 1,
        },
    }  # fmt: skip


def _netflow(dice: random.Random, at: datetime) -> dict[str, Any]:
    times = {"start": _time(at - timedelta(seconds=9)), "end": _time(at - timedelta(seconds=5))}
    return {"netflow": {"pkts": dice.randrange(1, 900), "bytes": 900, **times, "age": 4, "min_ttl": 64, "max_ttl": 64}}


def _dns(dice: random.Random, _: datetime) -> dict[str, Any]:
    asked = {"id": dice.randrange(65536), "rrname": _name(dice), "rrtype": "A"}
    if dice.random() < 0.5:
        return {"dns": {"type": "query", **asked, "tx_id": 0, "opcode": 0}}
    answers = [
        {
            "rrname": asked["rrname"],
            "rrtype": "A",
            "ttl": dice.randrange(300),
            "rdata": f"192.0.2.{dice.randrange(1, 255)}",
        }
    ]
    head = {"version": 2, "type": "answer", "id": asked["id"], "flags": "8180", "qr": True, "rd": True, "ra": True}
    found = {"rrname": asked["rrname"], "rrtype": "A", "rcode": "NOERROR", "answers": answers}
    return {"dns": {**head, "opcode": 0, **found, "grouped": {"A": [answers[0]["rdata"]]}}}


def _http(dice: random.Random, _: datetime) -> dict[str, Any]:
    return {
        "tx_id": 0,
        "http": {
            "hostname": _name(dice), "url": f"/{dice.randrange(10**6)}/index.html",
            "http_user_agent": dice.choice(_AGENTS),
            "http_content_type": "text/html", "http_method": "GET", "protocol": "HTTP/1.1",
            "status": dice.choice((200, 200, 304, 404)), "length": dice.randrange(10**5),
        },
    }  # fmt: skip


def _tls(dice: random.Random, _: datetime) -> dict[str, Any]:
    hashes = {
        "ja3": {"hash": dice.randbytes(16).hex(), "string": "771,4865-4866-4867-49195,0-23-65281-10-11,29-23-24,0"}
    }
    return {
        "tls": {
            "sni": _name(dice),
            "version": "TLS 1.3",
            **hashes,
            "ja3s": {"hash": "f4febc55ea12b31ae17cfb7e614afda8", "string": "771,4865,51-43"},
        }
    }


def _fileinfo(dice: random.Random, at: datetime) -> dict[str, Any]:
    told = {"filename": f"/{dice.randrange(10**6)}.bin", "gaps": False, "state": "CLOSED", "stored": False}
    return {**_http(dice, at), "app_proto": "http", "fileinfo": {**told, "size": dice.randrange(10**6), "tx_id": 0}}


def _smb(dice: random.Random, _: datetime) -> dict[str, Any]:
    head = {"id": dice.randrange(99), "dialect": "2.10", "command": "SMB2_COMMAND_CREATE", "status": "STATUS_SUCCESS"}
    opened = {"session_id": dice.randrange(1 << 46), "tree_id": 1, "filename": f"docs\\{dice.randrange(999)}.txt"}
    return {"smb": {**head, "status_code": "0x0", **opened, "disposition": "FILE_OPEN", "access": "normal"}}


def _ssh(dice: random.Random, _: datetime) -> dict[str, Any]:
    side = {
        "proto_version": "2.0",
        "hassh": {"hash": dice.randbytes(16).hex(), "string": "curve25519-sha256;aes128-ctr"},
    }
    server = {"server": {"proto_version": "2.0", "software_version": "OpenSSH_9.2p1"}}
    return {"ssh": {"client": {**side, "software_version": "OpenSSH_9.6"}, **server}}


def _alert(dice: random.Random, at: datetime) -> dict[str, Any]:
    rule = {"action": "allowed", "gid": 1, "signature_id": 2_000_000 + dice.randrange(50), "rev": 2}
    told = {"signature": "EXAMPLE suspicious request", "category": "Misc activity", "severity": dice.choice((1, 2, 3))}
    metadata = {"created_at": ["2024_01_31"], "signature_severity": ["Major"]}
    flow = {"pkts_toserver": 4, "pkts_toclient": 3, "bytes_toserver": dice.randrange(999), "bytes_toclient": 9}
    more = {"app_proto": "http", "direction": "to_server", "flow": {**flow, "start": _time(at - timedelta(seconds=1))}}
    return {"alert": {**rule, **told, "metadata": metadata}, **_http(dice, at), **more}


def _anomaly(dice: random.Random, _: datetime) -> dict[str, Any]:
    what = dice.choice(("APPLAYER_DETECT_PROTOCOL_ONLY_ONE_DIRECTION", "APPLAYER_MISMATCH_PROTOCOL_BOTH_DIRECTIONS"))
    return {"anomaly": {"app_proto": "http", "type": "applayer", "event": what, "layer": "proto_detect"}}


_FAMILIES = {
    "flow": _flow, "netflow": _netflow, "dns": _dns, "http": _http, "tls": _tls, "fileinfo": _fileinfo, "smb": _smb,
    "ssh": _ssh, "alert": _alert, "anomaly": _anomaly,
}  # fmt: skip
