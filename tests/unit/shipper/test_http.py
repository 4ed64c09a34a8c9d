"""Served on loopback while entered, gone afterwards; an address that will not do is an error that names it."""

import socket

import pytest
import urllib3

from shipper.errors import ConfigError
from shipper.http import Answer, serving

ROUTES = {"/healthz": lambda: Answer(503, "application/json", b"{}")}


def ask(method: str, url: str) -> urllib3.BaseHTTPResponse:
    with urllib3.PoolManager(retries=False, timeout=5) as pool:
        return pool.request(method, url)


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:0", "[::1]:0"])
def test_paths_answer_and_others_do_not(address: str) -> None:
    with serving(address, ROUTES) as url:
        answer = ask("GET", f"{url}/healthz?verbose")
        assert (answer.status, answer.data, answer.headers["content-type"]) == (503, b"{}", "application/json")
        assert ask("HEAD", f"{url}/healthz").data == b""
        assert ask("GET", f"{url}/").status == 404
        assert ask("POST", f"{url}/healthz").status == 501
    with pytest.raises(urllib3.exceptions.HTTPError):
        ask("GET", f"{url}/healthz")


def test_a_client_that_says_nothing_or_goes_away_keeps_nobody_waiting(capfd: pytest.CaptureFixture[str]) -> None:
    with serving("127.0.0.1:0", ROUTES) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))), socket.create_connection((host, int(port))) as other:
            other.sendall(b"GET /heal")
            assert ask("GET", f"{url}/healthz").status == 503
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "somewhere:0"])
def test_addresses_of_others_must_be_allowed(address: str) -> None:
    with pytest.raises(ConfigError, match="http_beyond_loopback"), serving(address, ROUTES):
        pass


def test_they_can_be_allowed() -> None:
    with serving("0.0.0.0:0", ROUTES, beyond_loopback=True) as url:
        assert ask("GET", f"http://127.0.0.1:{url.rpartition(':')[2]}/healthz").status == 503


@pytest.mark.parametrize("address", ["127.0.0.1", "9464", ":9464", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000"])
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(ConfigError, match="HOST:PORT"), serving(address, ROUTES):
        pass


def test_an_address_in_use_is_named() -> None:
    with serving("127.0.0.1:0", ROUTES) as url:
        address = url.removeprefix("http://")
        with pytest.raises(ConfigError, match=address), serving(address, ROUTES):
            pass
