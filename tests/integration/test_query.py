"""Every ready-made question against SQL over the same raw records, both ends' records included."""

import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flow_log_world import BEGIN, END, LAST_DAY, world
from integration.command import Shipper
from integration.query_oracle import ANSWERS, ORDERED_BY, Oracle, agree
from shipper.views.queries import names

CONVERSATIONS = 9_000
ALL = 1000
ENI = "eni-00000000000000001"
DAY = ("--since", LAST_DAY.isoformat(), "--until", END.isoformat())


@pytest.fixture(scope="module")
def asked(schema: Shipper, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shipper, Oracle]:
    """The world loaded, and the same records in the database."""
    folder = tmp_path_factory.mktemp("world")
    lines, events = world(CONVERSATIONS)
    log, eve = folder / "flow.log", folder / "eve.json"
    log.write_text("".join(f"{line}\n" for line in lines))
    eve.write_text("".join(f"{event}\n" for event in events))
    for kind, file in (("flowlogs", log), ("eve", eve)):
        sums = schema("backfill", kind, file, "--json").json["sums"]
        assert sums["delivered"] + sums["duplicate"] + sums["skipped"] == len(file.read_bytes().splitlines())
    return schema, Oracle(log, eve)


def rows(shipper: Shipper, name: str, *arguments: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in shipper("query", name, "--json", *arguments).json]


def test_every_question_has_its_sql():
    assert {path.stem for path in ANSWERS.glob("*.sql")} == set(names())


@pytest.mark.parametrize("name", list(names()))
def test_the_answer_is_sqls(asked, name):
    shipper, oracle = asked
    wanted = oracle.rows(name, LAST_DAY, END, ALL)
    found = rows(shipper, name, *DAY, "--limit", str(ALL))
    assert found
    assert agree(name, found, wanted, ALL)


@pytest.mark.parametrize("name", ORDERED_BY)
def test_few_rows_are_those_that_lead(asked, name):
    """Though candidates come by the sums of both ends."""
    shipper, oracle = asked
    found = rows(shipper, name, *DAY, "--limit", "3")
    wanted = oracle.rows(name, LAST_DAY, END, 3)
    assert agree(name, found, wanted, 3)
    at = ORDERED_BY[name]
    assert [row[at] for row in found] == sorted((row[at] for row in found), reverse=True)


def test_filters_are_anded(asked):
    shipper, oracle = asked
    every = oracle.rows("flows", LAST_DAY, END, 1_000_000)
    given = ("--src", "10.0.0.0/16", "--port", "443", "--proto", "tcp", "--action", "accept", "--eni", ENI)
    found = rows(shipper, "flows", *DAY, *given, "--limit", str(ALL))
    wanted = [
        row
        for row in every
        if str(row[2]).startswith("10.0.")
        and any(str(end).endswith(":443") for end in row[2:4])
        and (row[4], row[5], row[8]) == ("tcp", "accept", ENI)
    ]
    assert Counter(found) == Counter(wanted)
    assert 0 < len(found) < ALL


@pytest.mark.parametrize(
    ("option", "value"), [("--vpc", "vpc-0b"), ("--instance", "i-00000000000090003"), ("--dst", "2001:db8:a::/48")]
)
def test_each_filter_leaves_some(asked, option, value):
    shipper, _ = asked
    (one,) = rows(shipper, "who-initiated", *DAY, option, value, "--limit", "1")
    total = sum(row[1] + row[2] for row in rows(shipper, "actions-over-time", *DAY, option, value))
    assert 0 < one[5] < total < len(rows(shipper, "flows", *DAY, "--limit", str(ALL))) * 100


def test_without_a_time_it_is_the_newest_day_that_holds_data(asked):
    """The world is long past."""
    shipper, oracle = asked
    newest = oracle.rows("flows", BEGIN, END, 1)[0][1]
    told = shipper("query", "flows", "--limit", "1").out
    assert f" to {str(newest)[:16]} UTC" in told
    assert rows(shipper, "flows", "--limit", "1")[0][1] == newest
    refused = shipper("query", "flows", "--action", "reject", "--limit", "1")
    assert str(oracle.rows("refused", BEGIN, END, 1)[0][0])[:10] in refused.out


def test_what_leads_no_month_may_lead_the_year(asked, tmp_path):
    """Each partition tells of its own leaders: port 445 is none of a month's first forty."""
    shipper, _ = asked
    refused = "2 123456789010 eni-1 203.0.113.{client} 10.0.0.9 40000 {port} 6 1 40 {start} {end} REJECT OK\n"
    log = tmp_path / "flow.log"
    with log.open("w") as lines:
        for month in (5, 6, 7):
            begin = int(datetime(2026, month, 9, tzinfo=UTC).timestamp())
            knocks = {445: 4} | {1000 * month + number: 5 for number in range(40)}
            for port, count in knocks.items():
                lines.writelines(
                    refused.format(client=client + month, port=port, start=begin, end=begin + 60 + client)
                    for client in range(count)
                )
    assert shipper("backfill", "flowlogs", log, "--json").json["sums"]["delivered"] == 3 * (4 + 40 * 5)
    year = ("--since", "2026-05-01", "--until", "2026-08-01")
    assert rows(shipper, "refused-ports", *year, "--limit", "1") == [(445, "tcp", 12, 6, 1)]
    assert [row[:2] for row in rows(shipper, "privileged-ports", *year, "--limit", "1")] == [(445, "tcp")]


def test_csv_has_the_same_rows(asked):
    shipper, _ = asked
    header, *lines = csv.reader(io.StringIO(shipper("query", "alerts", *DAY, "--csv", "--limit", "5").out))
    told = shipper("query", "alerts", *DAY, "--json", "--limit", "5").json
    assert header == list(told[0])
    assert lines == [["" if cell is None else str(cell) for cell in row.values()] for row in told]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("no-such",), "no question is called no-such; there are actions-over-time"),
        (("flows", "--src", "10.0.0.300"), "neither an address nor a network"),
        (("alerts", "--vpc", "vpc-1"), "alerts cannot be narrowed by --vpc"),
        (("flows", "--json", "--csv"), "--json or --csv, not both"),
    ],
)
def test_what_cannot_be_asked_is_said(asked, arguments, says):
    shipper, _ = asked
    assert says in shipper("query", *arguments, code=3).err


def test_an_empty_store_answers_with_nothing(asked):
    shipper, _ = asked
    nobody = replace(shipper, prefix=f"{shipper.prefix}none")
    for name in names():
        assert nobody("query", name, "--json").json == []
