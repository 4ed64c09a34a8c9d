"""Suricata's words made readable (samples are what 7.0.10 says), and how its programs are called."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from suricata.check import Problem, check, read_problems
from suricata.engine import LocalEngine, Ran, run_command, stoppable
from suricata.errors import Stopped, SuricataMissing, SuricataSilent
from suricata.rules.update import fetch

YAML = Path("/s/suricata.yaml")


def engine_line(level: str, message: str) -> str:
    escaped = message.replace('"', '\\"')
    return (
        f'{{"timestamp":"2026-01-01T00:00:00.000000+0000","log_level":"{level}","event_type":"engine",'
        f'"engine":{{"message":"{escaped}","thread_name":"Suricata-Main","module":"detect"}}}}\n'
    )


def test_a_rule_has_its_reason_file_and_line() -> None:
    said = (
        engine_line("Notice", "This is Suricata version 7.0.10 RELEASE running in SYSTEM mode")
        + engine_line("Error", "unknown rule keyword 'foo'.")
        + engine_line("Error", 'error parsing signature "alert tcp (sid:1;)" from file /s/active/a b.rules at line 27')
        + engine_line("Error", 'Duplicate signature "alert udp (sid:2;)"')
        + engine_line("Error", 'error parsing signature "alert udp (sid:2;)" from file /s/active/c.rules at line 3')
        + engine_line("Error", "Loading signatures failed.")
    )
    assert [*read_problems(said, YAML)] == [
        Problem("error", "unknown rule keyword 'foo'. in alert tcp (sid:1;)", "/s/active/a b.rules", 27),
        Problem("error", 'Duplicate signature "alert udp (sid:2;)" in alert udp (sid:2;)', "/s/active/c.rules", 3),
    ]


def test_yaml_that_cannot_be_read_has_its_line() -> None:
    said = "Error: conf-yaml-loader: Failed to parse configuration file at line 304: did not find expected node\n"
    assert [*read_problems(said, YAML)] == [Problem("error", "did not find expected node", str(YAML), 304)]


def test_other_errors_and_warnings_are_told_as_they_are() -> None:
    said = engine_line("Warning", "No rule files match the pattern x") + engine_line(
        "Error", "No output module named y"
    )
    assert [str(problem) for problem in read_problems(f"garbage\n{{}}\n[]\n{said}", YAML)] == [
        "warning: No rule files match the pattern x",
        "error: No output module named y",
    ]


class Engine:
    """Says what it is told to."""

    def __init__(self, ran: Ran, made: str | None = None) -> None:
        self.ran = ran
        self.made = made
        self.asked: list[list[str]] = []

    def run(
        self, program: str, arguments: Sequence[str], folders: Sequence[Path], *,
        readable: Sequence[Path] = (), network: bool = False,
    ) -> Ran:  # fmt: skip
        del folders, readable, network
        self.asked.append([program, *arguments])
        if self.made is not None:
            (Path(arguments[arguments.index("--output") + 1]) / "suricata.rules").write_text(self.made)
        return self.ran


def test_the_exit_code_decides() -> None:
    assert check(Engine(Ran(0, engine_line("Warning", "x"))), YAML).passed
    judged = check(Engine(Ran(1, "Killed")), YAML)
    assert not judged.passed
    assert "ended with 1: Killed" in judged.problems[0].message


def test_other_rules_and_suppressions_can_be_tried() -> None:
    engine = Engine(Ran(0, ""))
    check(engine, YAML, rules=Path("/t/active"), thresholds=Path("/t/threshold.config"))
    assert engine.asked == [
        ["suricata", "-T", "-c", "/s/suricata.yaml", "-l", "{scratch}", "--set", "default-rule-path=/t/active",
         "--set", "threshold-file=/t/threshold.config"]
    ]  # fmt: skip


class Commands:
    """Takes the place of `run_command`."""

    def __init__(self, code: int = 0, out: bytes = b"") -> None:
        self.code = code
        self.out = out
        self.asked: list[list[str]] = []

    def __call__(self, command: Sequence[str], timeout_seconds: float) -> "subprocess.CompletedProcess[bytes]":
        del timeout_seconds
        self.asked.append([*command])
        return subprocess.CompletedProcess(command, self.code, self.out, b"")


def test_a_program_of_this_machine_gets_a_folder_that_is_gone_after(tmp_path: Path) -> None:
    commands = Commands()
    LocalEngine(commands).run("suricata", ["-c", "/{odd}/x", "-l", "{scratch}"], [tmp_path])
    (asked,) = commands.asked
    assert asked[:4] == ["suricata", "-c", "/{odd}/x", "-l"]
    assert not Path(asked[4]).exists()


def test_a_command_that_is_not_there_or_does_not_end_is_told() -> None:
    with pytest.raises(SuricataMissing, match="no-such-command"):
        run_command(["no-such-command"], 5)
    with pytest.raises(SuricataSilent, match="did not end"):
        run_command(["sleep", "60"], 0.05)


def test_what_runs_can_be_stopped_and_says_all_it_said() -> None:
    assert stoppable(lambda _: False)(["sh", "-c", "echo out; echo err >&2; exit 3"], 60).stdout == b"out\nerr\n"
    with pytest.raises(Stopped):
        stoppable(lambda _: True)(["sleep", "60"], 60)
    with pytest.raises(SuricataSilent, match="did not end"):
        stoppable(lambda _: False)(["sleep", "60"], 0.05)


FETCHED = "21/11/2026 -- 13:42:28 - <Info> -- Done.\n"
NOT_FETCHED = "21/11/2026 -- 13:42:28 - <Error> -- Failed to fetch https://rules.example/: <urlopen error>\n"


def test_fetched_rules_are_read(tmp_path: Path) -> None:
    engine = Engine(Ran(0, FETCHED), made="alert x\n")
    assert fetch(engine, tmp_path / "suricata.yaml", ["https://rules.example/"]) == "alert x\n"
    assert engine.asked[0][-2:] == ["--url", "https://rules.example/"]
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(("ran", "made"), [(Ran(0, NOT_FETCHED), "x"), (Ran(1, NOT_FETCHED), None), (Ran(0, ""), None)])
def test_a_source_that_cannot_be_had_is_an_error_even_where_the_program_says_it_is_none(
    tmp_path: Path, ran: Ran, made: str | None
) -> None:
    with pytest.raises(SuricataSilent, match="suricata-update") as raised:
        fetch(Engine(ran, made), tmp_path / "suricata.yaml", [])
    assert "stay as they were" in raised.value.__notes__[0]
