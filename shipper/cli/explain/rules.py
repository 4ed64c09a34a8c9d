"""`shipper explain rules`: how often each rule of security groups was used, and which nothing used."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from shipper.cli.aws_options import AwsGiven
from shipper.cli.context import Context
from shipper.cli.explain.options import NETWORK, aws_options, network_from
from shipper.cli.output import note, write_json, write_table
from shipper.errors import ConfigError
from shipper.period import HELP


@click.command("rules")
@NETWORK
@click.option("--group", "groups", multiple=True, metavar="ID", help="Only this security group; repeatable.")
@click.option("--unused", is_flag=True, help="Only rules that nothing used.")
@click.option("--since", default=None, help=f"Begin: {HELP}.  [default: the newest 24 hours that hold data]")
@click.option("--until", default=None, help="End, in the same grammar.  [default: now]")
@click.option("--json", "json_wanted", is_flag=True, help="As JSON.")
@aws_options
@click.pass_obj
def rules(
    context: Context,
    /,
    network_file: Path | None,
    groups: tuple[str, ...],
    aws: AwsGiven,
    **options: Any,
) -> int:
    """Show how often each rule of security groups was used, and which nothing used.

    Counted are records of accepted requests at the interfaces that carry a group: answers need no rule, and the other
    end's record of the same traffic is about its own rules. Rules are those of now (or of the file), so a new rule
    counts what was let through before by another.

    \b
    Examples:
      shipper explain rules --since 30d --unused
      shipper explain rules --group sg-0123456789abcdef0 --network network.json --json
    """
    from shipper.access.use import RuleTally
    from shipper.cli.asked_period import asked_period
    from shipper.views.queries.flows import QUESTION
    from shipper.views.question import Scope, newest, run
    from shipper.views.rule_use import COLUMNS, RULE, TITLE, recorded, requests
    from shipper.views.texts import when_ms

    network = network_from(context, network_file, aws, "", lambda ec2: ec2.carrying(groups))
    tally = RuleTally(network, frozenset(groups))
    if missing := sorted(set(groups) - {rule.group_id for rule in network.snapshot.security_group_rules}):
        raise ConfigError(f"no rules are known of {', '.join(missing)}; `shipper explain snapshot` shows all there are")
    store, prefix = context.store, context.settings.opensearch.prefix
    begin, end = asked_period(options["since"], options["until"], lambda: newest(store, prefix, QUESTION, ()))
    scope = Scope(begin, end, 0)
    names = [each.network_interface_id for each in tally.interfaces]
    run(store, prefix, requests(scope, names, lambda found: tally.add(*found)))
    silent = len(names) - len(run(store, prefix, recorded(scope, names)))
    rows: Sequence[Sequence[str | int | None]] = [
        [
            each.owner,
            each.rule.security_group_rule_id,
            each.says,
            each.rule.description or None,
            each.carriers,
            each.use.records,
            each.use.alone,
            each.use.perhaps,
            when_ms(each.use.last_ms or None),
        ]
        for each in tally.rows()
        if not (options["unused"] and (each.use.records or each.use.perhaps))
    ]
    if options["json_wanted"]:
        found = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        write_json({"rules": found, "fit_no_rule": tally.unexplained, "interfaces_without_records": silent})
        return 0
    title = "Rules that nothing used" if options["unused"] else TITLE
    write_table(f"{title}, {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC", COLUMNS, rows)
    note(RULE)
    if tally.unexplained:
        note(f"{tally.unexplained:,} accepted records fit no rule as it is now: rules changed, or it was tracked.")
    if silent:
        note(f"{silent} of {len(names)} interfaces have no record in this time: how they use their rules is not known.")
    return 0
