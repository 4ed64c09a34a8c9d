"""The signed way to a far Dashboards: what goes on, what comes back, and who may not use it."""

from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from dashboards.client import Dashboards, Place
from dashboards.errors import DashboardsError
from dashboards.proxy import back, encoded, serving
from fake_dashboards import FakeDashboards

Asked = list[tuple[str, str, bytes | None]]


@pytest.fixture
def fake() -> Iterator[FakeDashboards]:
    with FakeDashboards().serving() as fake:
        yield fake


@pytest.fixture
def asked() -> Asked:
    return []


@pytest.fixture
def proxy(fake: FakeDashboards, asked: Asked) -> Iterator[str]:
    def sign(method: str, url: str, body: bytes | None) -> dict[str, str]:
        asked.append((method, url.removeprefix(fake.url), body))
        return {"authorization": "AWS4-HMAC-SHA256 made-up"}

    with serving(Place(fake.url, sign=sign), 0) as url:
        yield url


def get(url: str, **headers: str) -> Any:
    with urllib3.PoolManager(retries=False, timeout=20) as pool:
        return pool.request("GET", url, headers=headers)


def test_every_request_is_signed_as_it_is_sent(proxy: str, fake: FakeDashboards, asked: Asked) -> None:
    through = Dashboards(Place(proxy))
    assert through.status().version == "2.8.0"
    assert through.objects([("dashboard", "x")]) == {}
    assert asked == [
        ("GET", "/api/status", None),
        ("POST", "/api/saved_objects/_bulk_get", b'[{"type":"dashboard","id":"x"}]'),
    ]
    assert [headers["authorization"] for _, _, headers in fake.asked] == ["AWS4-HMAC-SHA256 made-up"] * 2
    assert fake.asked[1][2]["osd-xsrf"] == "flowtap"


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("/api/status", "/api/status"),
        ("/ui/a(b)'c?_g=(time:'x')&n=%2F&e=&f", "/ui/a%28b%29%27c?_g=%28time%3A%27x%27%29&n=%2F&e=&f"),
        ("/a%20b?q=one+two%2Bthree", "/a%20b?q=one%20two%2Bthree"),
        ("/a?", "/a?"),
    ],
)
def test_a_target_means_the_same_encoded(target: str, sent: str) -> None:
    assert encoded(target) == sent
    assert encoded(sent) == sent


def test_what_the_browser_knows_of_us_is_not_told(proxy: str, fake: FakeDashboards) -> None:
    get(f"{proxy}/api/status", authorization="Basic mine", referer="http://127.0.0.1/secret", origin=proxy)
    headers = fake.asked[-1][2]
    assert headers["authorization"].startswith("AWS4")
    assert not {"referer", "origin"} & headers.keys()
    assert headers["host"] == fake.url.removeprefix("http://")


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"origin": "null"}])
def test_a_page_of_another_site_gets_nothing(proxy: str, fake: FakeDashboards, headers: dict[str, str]) -> None:
    """A name that points to 127.0.0.1 has another Host; a page elsewhere that asks has another Origin."""
    assert get(f"{proxy}/api/status", **headers).status == 403
    assert fake.asked == []


def test_localhost_is_a_name_of_it(proxy: str) -> None:
    port = proxy.rpartition(":")[2]
    assert get(f"{proxy}/api/status", host=f"localhost:{port}").status == 200


def test_redirects_and_cookies_stay_here() -> None:
    far = urllib3.HTTPHeaderDict({
        "Location": "https://far.example/_dashboards/app/home", "Transfer-Encoding": "chunked",
        "Set-Cookie": "sid=1; Path=/; Domain=far.example; Secure; HttpOnly", "Strict-Transport-Security": "max-age=1",
        "Content-Encoding": "gzip",
    })  # fmt: skip
    far.add("Set-Cookie", "more=2; Secure")
    assert back(far, "https://far.example", "http://127.0.0.1:1") == [
        ("Location", "http://127.0.0.1:1/_dashboards/app/home"),
        ("Set-Cookie", "sid=1; Path=/; HttpOnly"),
        ("Set-Cookie", "more=2"),
        ("Content-Encoding", "gzip"),
    ]


def test_a_far_end_that_is_not_there_is_told() -> None:
    with serving(Place("http://127.0.0.1:9"), 0) as url:
        assert get(f"{url}/api/status").status == 502


def test_it_opens_where_the_far_one_is(fake: FakeDashboards) -> None:
    with serving(Place(f"{fake.url}/_dashboards/"), 0) as url:
        assert url.endswith("/_dashboards")


@pytest.mark.parametrize("url", ["", "host"])
def test_without_an_address_it_does_not_start(url: str) -> None:
    with pytest.raises(DashboardsError, match="is no address"), serving(Place(url), 0):
        pass


def test_a_port_in_use_is_told(proxy: str, fake: FakeDashboards) -> None:
    port = int(proxy.rpartition(":")[2])
    with pytest.raises(DashboardsError, match="cannot listen"), serving(Place(fake.url), port):
        pass
