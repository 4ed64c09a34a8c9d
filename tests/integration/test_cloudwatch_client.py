"""Our client of CloudWatch Logs against moto's server, and against one that refuses."""

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from aws.calls import policy
from aws.cloudwatch import LogGroupClient
from aws.errors import AwsDenied, AwsError, AwsNotSetUp, AwsUnavailable
from aws.session import AwsOptions, now
from aws_server import CREDENTIALS, client, moto
from fakes import FakeWait
from shipper.errors import ConfigError
from shipper.input_settings import CloudWatchInput
from shipper.inputs import INPUTS
from shipper.settings import AwsSettings
from shipper.sources.log_groups import LogGroup, LogSlices
from shipper.sources.pace import Pace
from shipper.sources.patience import Patience

GROUP = "/aws/vpc/flow-logs"
STREAMS = [f"eni-{number:017x}-all" for number in range(3)]


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def url() -> Iterator[str]:
    with moto() as url:
        logs = client("logs", url)
        logs.create_log_group(logGroupName=GROUP)
        logs.create_log_group(logGroupName=GROUP + "-more")
        begin = int((now() - timedelta(hours=2)).timestamp() * 1000)
        for number, stream in enumerate(STREAMS):
            logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
            events = [{"timestamp": begin + 60_000 * minute, "message": f"{number} {minute}"} for minute in range(100)]
            logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)
        yield url


class Recorded:
    """A client whose calls are written down."""

    def __init__(self, url: str, group: str = GROUP) -> None:
        self.calls: set[tuple[str, str]] = set()
        options = AwsOptions(endpoint_url=url, region="us-east-1")
        self.client = LogGroupClient(options, group, lambda *call: self.calls.add(call))

    def lines(self, group: LogGroup) -> list[dict[str, object]]:
        """The events of the last hours by the way a backfill reads them."""
        slices = LogSlices(self.client, Patience(FakeWait(), lambda: 0.5), Pace(FakeWait(), lambda: 0.0, 4), group)
        content = b""
        for item in slices.period(now() - timedelta(hours=3), None, now()):
            reader = item.open()
            while block := reader.read(1000):
                content += block
        return [json.loads(line) for line in content.splitlines()]


def test_every_event_is_read_with_an_id_of_its_own_that_stays(url: str) -> None:
    ours = Recorded(url)
    lines = ours.lines(LogGroup(GROUP))
    assert {line["message"] for line in lines} == {f"{number} {minute}" for number in range(3) for minute in range(100)}
    assert len({line["eventId"] for line in lines}) == len(lines) == 300
    assert {line["eventId"] for line in ours.lines(LogGroup(GROUP))} == {line["eventId"] for line in lines}


def test_a_group_has_a_beginning_and_one_that_is_not_there_is_named(url: str) -> None:
    now_ms = int(now().timestamp() * 1000)
    first = Recorded(url).client.first_ms(now_ms)
    assert 13 * 86_400_000 < now_ms - first < 15 * 86_400_000
    client("logs", url).put_retention_policy(logGroupName=GROUP, retentionInDays=3)
    assert now_ms - Recorded(url).client.first_ms(now_ms) == 3 * 86_400_000
    absent = Recorded(url, "/aws/vpc").client
    for call in (lambda: absent.first_ms(now_ms), lambda: absent.events(0, now_ms)):
        with pytest.raises(AwsNotSetUp, match="no log group /aws/vpc in us-east-1"):
            call()


WANTED = "${version} ${srcaddr} ${dstaddr} ${action}"


def deliver(url: str, *formats: tuple[str, str]) -> None:
    """Flow logs that write to these log groups in these formats."""
    ec2 = client("ec2", url)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for group, line_format in formats:
        made = ec2.create_flow_logs(
            ResourceIds=[vpc],
            ResourceType="VPC",
            TrafficType="ALL",
            LogGroupName=group,
            LogFormat=line_format,
            DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow-logs",
        )
        assert not made["Unsuccessful"], made


def test_formats_are_those_of_the_flow_logs_that_write_there(url: str) -> None:
    deliver(url, (GROUP, WANTED), (GROUP + "-more", "${version} ${action}"))
    assert Recorded(url).client.flow_log_formats() == [WANTED]


def test_a_live_input_looks_its_format_up_where_none_is_given(url: str) -> None:
    said: list[str] = []

    def log(event: str, /, level: str = "info", **fields: object) -> None:
        said.append(f"{level} {event} {fields}")

    aws = AwsSettings(endpoint_url=url, region="us-east-1")
    found = INPUTS["cloudwatch"].found
    given = CloudWatchInput(type="cloudwatch", log_group=GROUP)
    assert found(given, aws, log) == {}
    deliver(url, (GROUP, WANTED))
    assert found(given, aws, log) == {"format": WANTED}
    assert "looked up" in said[-1]
    assert found(given.model_copy(update={"format": "${version}"}), aws, log) == {}
    deliver(url, (GROUP, "${version} ${action}"))
    with pytest.raises(ConfigError, match="several formats"):
        found(given, aws, log)


def test_the_policy_allows_what_was_called(url: str) -> None:
    ours = Recorded(url)
    ours.lines(LogGroup(GROUP))
    ours.client.first_ms(0)
    ours.client.flow_log_formats()
    given = policy([], log_groups=[(GROUP, "us-east-1")])["Statement"]
    allowed = set()
    for statement in given:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        allowed |= {(action, statement["Resource"]) for action in actions}
    assert ours.calls == allowed


@pytest.mark.parametrize(
    ("status", "code", "expected", "said"),
    [
        (400, "AccessDeniedException", AwsDenied, "It takes logs:FilterLogEvents"),
        (400, "ThrottlingException", AwsUnavailable, "ThrottlingException"),
        (500, "ServiceUnavailableException", AwsUnavailable, "ServiceUnavailableException"),
    ],
)
def test_what_aws_says_no_to(status: int, code: str, expected: type[AwsError], said: str) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps({"__type": code, "message": "no"}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with pytest.raises(expected, match=said):
            Recorded(f"http://127.0.0.1:{server.server_port}").client.events(0, 1000)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
