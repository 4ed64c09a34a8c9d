"""`shipper backfill flowlogs`: VPC and transit gateway flow logs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from shipper.cli.backfill.options import Chosen, Loading, loading_options
from shipper.cli.context import Context, now
from shipper.cli.output import write_json
from shipper.errors import ConfigError


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
@click.option("--account", "accounts", multiple=True, metavar="ID", help="Of buckets: only this account; repeatable.")
@click.option("--region", "regions", multiple=True, metavar="REGION", help="Of buckets: only this region; repeatable.")
@click.option(
    "--print-policy",
    is_flag=True,
    help="Of buckets and log groups: show the IAM policy that reading takes; load nothing.",
)
@loading_options
@click.pass_obj
def flowlogs(context: Context, /, loading: Loading, **options: Any) -> int:
    """Load VPC and transit gateway flow logs.

    A SOURCE is a file, a folder, a glob, - for standard input, s3://bucket/prefix, or cloudwatch://log-group; packed by
    gzip, zstd, bzip2, xz or not at all. A header line names the columns; without one, lines have --format or AWS's
    default format; for a log group AWS is asked (ec2:DescribeFlowLogs). Exports of CloudWatch, Athena and Logs
    Insights, subscription envelopes and JSON load as they are.

    A CONDITION is a field of AWS's, an operator (= != < <= > >=) and a value, a list a,b, a range 1000-2000 or a
    network 10.0.0.0/8. An absent value equals only -. What is not selected is counted as excluded.

    \b
    Examples:
      shipper backfill flowlogs ./AWSLogs
      shipper backfill flowlogs 'logs/*.log.gz' --json
      shipper backfill flowlogs s3://my-flow-logs --since 2026-11-01 --region eu-west-1 --profile audit
      shipper backfill flowlogs 'cloudwatch:///aws/vpc/flow-logs?region=eu-west-1' --since 7d
      shipper backfill flowlogs ./AWSLogs --since 7d --where action=REJECT --exclude srcaddr=10.0.0.0/8
      zcat export.gz | shipper backfill flowlogs - --format '${version} ${srcaddr} ${dstaddr} ${action}'
    """
    if options["print_policy"]:
        return _print_policy(loading.sources)
    from shipper.cli.backfill.load import load
    from shipper.decoders.flow_log.selection import selection_settings
    from shipper.model import RecordKind

    line_format = options["line_format"] or _looked_up(context, loading)
    given = {"format": line_format, "flow_log_id": options["flow_log_id"]}
    selected = selection_settings(options["where"], options["exclude"], options["since"], options["until"], now())
    kind = RecordKind("flowlogs", {name: value for name, value in given.items() if value} | selected)
    chosen = Chosen(options["accounts"], options["regions"], *(_moment(selected, name) for name in ("since", "until")))
    return load(context, kind, loading, chosen)


def _moment(selected: Mapping[str, str], name: str) -> datetime | None:
    return datetime.fromisoformat(selected[name]) if name in selected else None


def _looked_up(context: Context, loading: Loading) -> str:
    from shipper.sources.inputs import LOG_GROUP_SCHEME

    groups = [source for source in loading.sources if source.startswith(LOG_GROUP_SCHEME)]
    if not groups:
        return ""
    from shipper.cli.backfill.log_groups import known_format

    return known_format(groups, loading.aws.over(context.settings.aws))


def _print_policy(sources: Sequence[str]) -> int:
    from aws.calls import policy
    from shipper.sources.inputs import LOG_GROUP_SCHEME, SCHEME, address
    from shipper.sources.log_groups import log_group

    if not all(source.startswith((SCHEME, LOG_GROUP_SCHEME)) for source in sources):
        raise ConfigError("--print-policy is about AWS: every SOURCE must begin with s3:// or cloudwatch://")
    groups = [log_group(source) for source in sources if source.startswith(LOG_GROUP_SCHEME)]
    buckets = [address(source) for source in sources if source.startswith(SCHEME)]
    write_json(policy(buckets, log_groups=[(each.name, each.region) for each in groups]))
    return 0
