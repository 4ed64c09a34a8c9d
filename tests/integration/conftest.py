"""The services that integration tests run against, one of each for the whole run.

`opensearch3`: OpenSearch 3.x without security, or the node of OPENSEARCH_URL. `opensearch2`: 2.19 with TLS and users,
as the administrator; `.as_user("flowtap_writer")` for less. Where a service cannot be had a test is skipped, or fails
with --require-services.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from aws_server import CREDENTIALS, moto
from integration import containers
from integration.command import Shipper
from integration.containers import NotAvailable, OpenSearchNode
from integration.flow_log_files import write_files
from integration.promise import RECORDS


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> None:
    """A container engine answers, and what killed test runs left on it is gone."""
    try:
        containers.remove_leftovers()
    except NotAvailable as missing:
        _without(request, str(missing))


@pytest.fixture(scope="session")
def opensearch3(request: pytest.FixtureRequest) -> Iterator[OpenSearchNode]:
    if os.environ.get("OPENSEARCH_URL"):  # noqa: TID251  the address of a service for tests is no setting of the product
        with containers.running_node() as node:
            yield node
        return
    request.getfixturevalue("engine")
    yield from _node(request, containers.plain_node)


@pytest.fixture(scope="session")
def opensearch2(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSearchNode]:
    request.getfixturevalue("engine")
    yield from _node(request, lambda: containers.secured_node(tmp_path_factory.mktemp("secured")))


@pytest.fixture(scope="session")
def suricata_image(request: pytest.FixtureRequest, engine: None) -> str:
    """The name of the image that docker/images.sh chooses for Suricata, present on this machine."""
    del engine
    try:
        return containers.image("suricata")["SURICATA_IMAGE"]
    except NotAvailable as missing:
        _without(request, str(missing))


@pytest.fixture
def aws_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where moto's server stands for AWS, with credentials for it in the environment."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with moto() as url:
        yield url


@pytest.fixture(scope="module")
def schema(opensearch3: OpenSearchNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shipper]:
    """A schema for all tests of a module."""
    with Shipper(opensearch3, f"flowtapf{os.getpid()}", tmp_path_factory.mktemp("schema")).with_schema() as shipper:
        yield shipper


@pytest.fixture
def shipper(schema: Shipper, tmp_path: Path) -> Iterator[Shipper]:
    """The command with a state directory of the test's own; its partitions are gone afterwards."""
    yield replace(schema, state=tmp_path / "state")
    schema.node.request("DELETE", f"/{schema.prefix}-*?expand_wildcards=all")


@pytest.fixture
def nonces(tmp_path: Path) -> list[str]:
    """RECORDS records in three files of `logs`."""
    return write_files(tmp_path / "logs", RECORDS, 3)


def _node(
    request: pytest.FixtureRequest, made: Callable[[], AbstractContextManager[OpenSearchNode]]
) -> Iterator[OpenSearchNode]:
    context = made()
    try:
        node = context.__enter__()
    except NotAvailable as missing:
        _without(request, str(missing))
    try:
        yield node
    finally:
        context.__exit__(None, None, None)


def _without(request: pytest.FixtureRequest, why: str) -> NoReturn:
    if request.config.getoption("--require-services"):
        pytest.fail(why)
    pytest.skip(why)
