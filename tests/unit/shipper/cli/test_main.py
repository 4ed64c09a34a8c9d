"""How the command ends: what is said, where, and with which code."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from shipper.cli import confirm
from shipper.cli.main import run
from shipper.cli.output import note
from shipper.errors import ConfigError

SHIPPER = [sys.executable, "-m", "shipper"]


def shell(line: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`line` is run by a shell; "$@" is `shipper` with these arguments."""
    return subprocess.run(
        ["/bin/bash", "-c", line, "bash", *SHIPPER, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_question_that_is_interrupted_changed_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    def interrupted(*_: object, **__: object) -> bool:
        raise click.Abort

    state = tmp_path / "state"
    checkpoint = state / "checkpoints/aa/a.json"
    checkpoint.parent.mkdir(parents=True)
    stream = {"kind": "k", "target": "t", "origin": "o"}
    checkpoint.write_text(json.dumps({"format": 1, "stream": stream, "checkpoint": {"offset": 1}}))
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("click.confirm", interrupted)
    assert run(["--set", f"state.directory={state}", "checkpoint", "reset", "--all"]) == 130
    assert capsys.readouterr().err == "Aborted: nothing was changed.\n"


def test_without_standard_input_there_is_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert confirm.confirm("Really?", yes=True)
    with pytest.raises(ConfigError, match="add --yes"):
        confirm.confirm("Really?", yes=False)


def test_control_characters_never_reach_the_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    note("one\x1b[2Jtwo\nthree\u202e")
    assert capsys.readouterr().err == "one\\x1b[2Jtwo\nthree\\u202e\n"
    assert run(["backfill", "flowlogs", str(tmp_path / "\x1b]0;owned\x07")]) == 3
    told = capsys.readouterr().err
    assert "\x1b" not in told
    assert "\\x1b]0;owned" in told


@pytest.mark.parametrize(
    "arguments", [["checkpoint", "list"], ["query", "nonsense"], ["backfill", "flowlogs", "/none"]]
)
def test_an_error_is_json_too_where_json_is_wanted(
    arguments: Sequence[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIPPER_OPENSEARCH__URL", "nonsense")
    code = run([*arguments, "--json"])
    told = capsys.readouterr()
    if code:
        assert json.loads(told.out)["failure"] in told.err
    run(arguments)
    assert "failure" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "hint"),
    [("http://127.0.0.1:1", True), ("http://localhost:1", True), ("http://no-such-host.invalid", False)],
)
def test_the_stack_is_named_only_where_it_would_be(
    url: str, hint: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIPPER_OPENSEARCH__URL", url)
    assert run(["schema", "plan"]) == 4
    told = capsys.readouterr().err
    assert ("docker/stack.sh up" in told) == hint
    assert "`shipper doctor`" in told


def test_results_that_nobody_reads_end_it_quietly(tmp_path: Path) -> None:
    done = shell('{ "$@"; echo "code $?" >&2; } | true', "init", "--stdout")
    assert done.stderr in {"code 0\n", "code 141\n"}  # 0 where it was quicker than `true`
    read, write = os.pipe()
    os.close(read)
    for arguments in (["init", "--stdout"], ["query"], ["checkpoint", "list", "--json"], ["--help"]):
        ended = subprocess.run(
            [*SHIPPER, *arguments], stdout=write, stderr=subprocess.PIPE, check=False, cwd=tmp_path, timeout=60
        )
        assert (ended.returncode, ended.stderr) == (141, b""), arguments
    os.close(write)


@pytest.mark.parametrize("closed", [">&-", "<&-", "<&- >&-", ">&- 2>&-"])
def test_closed_streams_lead_nowhere(closed: str) -> None:
    done = shell(f'"$@" {closed}', "query")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("url", ["http://127.0.0.1:abc", "http://[", "http://127.0.0.1:99999", "127.0.0.1:9200"])
@pytest.mark.parametrize("command", [["schema", "plan"], ["doctor"]])
def test_an_address_that_is_none_is_a_wrong_setting(
    url: str, command: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--set", f"opensearch.url={url}", *command]) == 3
    told = capsys.readouterr()
    assert "opensearch.url must look like https://host:9200" in told.out + told.err
