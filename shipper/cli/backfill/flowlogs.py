"""`shipper backfill flowlogs`: VPC and transit gateway flow logs."""

from typing import Any

import click

from shipper.cli.backfill.options import Loading, loading_options
from shipper.cli.context import Context, now


@click.command("flowlogs")
@click.option("--format", "line_format", help="Columns of lines without a header: '${version} ${account-id} …'.")
@click.option("--flow-log-id", help="For aws.vpcflow.flow_log_id where an object's name does not tell it.")
@click.option(
    "--where", multiple=True, metavar="CONDITION", help="Load only what fulfils this; repeatable, all must hold."
)
@click.option(
    "--exclude", multiple=True, metavar="CONDITION", help="Leave out what fulfils this; repeatable, any does."
)
@click.option("--since", metavar="TIME", help="Load only records that end then or later: 2026-11-21T08:00Z, 24h, 7d.")
@click.option("--until", metavar="TIME", help="Load only records that end before then.")
@loading_options
@click.pass_obj
def flowlogs(context: Context, /, loading: Loading, **options: Any) -> int:
    """Load VPC and transit gateway flow logs.

    A SOURCE is a file, a folder, a glob, or - for standard input; packed by gzip, zstd, bzip2, xz or not at all. A
    header line names the columns; without one, lines have --format or AWS's default format. Exports of CloudWatch,
    Athena and Logs Insights, subscription envelopes and JSON load as they are.

    A CONDITION is a field of AWS's, an operator (= != < <= > >=) and a value, a list a,b, a range 1000-2000 or a
    network 10.0.0.0/8. An absent value equals only -. What is not selected is counted as excluded.

    \b
    Examples:
      shipper backfill flowlogs ./AWSLogs
      shipper backfill flowlogs 'logs/*.log.gz' --json
      shipper backfill flowlogs ./AWSLogs --since 7d --where action=REJECT --exclude srcaddr=10.0.0.0/8
      zcat export.gz | shipper backfill flowlogs - --format '${version} ${srcaddr} ${dstaddr} ${action}'
    """
    from shipper.cli.backfill.load import load
    from shipper.decoders.flow_log_selection import selection_settings
    from shipper.model import RecordKind

    given = {"format": options["line_format"], "flow_log_id": options["flow_log_id"]}
    selected = selection_settings(options["where"], options["exclude"], options["since"], options["until"], now())
    kind = RecordKind("flowlogs", {name: value for name, value in given.items() if value} | selected)
    return load(context, kind, loading)
