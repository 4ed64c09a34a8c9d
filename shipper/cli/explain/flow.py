"""`shipper explain WHAT`: which rules let a recorded flow in, or refused it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.aws_options import AwsGiven
from shipper.cli.context import Context, now
from shipper.cli.explain.options import NETWORK, aws_options, network_from
from shipper.cli.output import note, write_json
from shipper.errors import ConfigError
from shipper.period import HELP

if TYPE_CHECKING:
    from shipper.access.explain import Explanation


@click.command("flow")
@click.argument("what", nargs=-1)
@NETWORK
@click.option("--format", "line_format", help="Columns of a line without a header: '${version} ${account-id} …'.")
@click.option("--since", default=None, help=f"Begin: {HELP}.  [default: the newest 24 hours that hold it]")
@click.option("--until", default=None, help="End, in the same grammar.  [default: now]")
@click.option("--pick", type=click.IntRange(1), default=None, help="Only this connection, as `shipper trace` counts.")
@click.option("--limit", type=click.IntRange(1, 100), default=4, show_default=True, help="Most flows explained.")
@click.option("--json", "json_wanted", is_flag=True, help="As JSON.")
@aws_options
@click.pass_obj
def flow(
    context: Context,
    /,
    what: tuple[str, ...],
    network_file: Path | None,
    aws: AwsGiven,
    limit: int,
    json_wanted: bool,
    **options: Any,
) -> int:
    """Say which rules let a flow in, or refused it.

    WHAT is a flow-log line, a file with some or - for standard input, or anything that `shipper trace` takes: a
    community id, one or two of ADDRESS[:PORT], a flow id of Suricata, the id of an alert or another document. What each
    interface recorded is explained, what was refused first; of a record that is named by its id, only that.

    Rules are those of now (or of the file): the answer says when they were read, whether they agree with what was
    recorded, and what cannot be known. Security groups, network ACLs both ways, and the route are looked at; Network
    Firewall and the hosts' own firewalls are not.

    \b
    Examples:
      shipper explain 198.51.100.7 10.0.0.5:445
      shipper explain '2 123456789010 eni-1a2b3c4d 198.51.100.7 10.0.0.5 40000 445 6 1 44 1700000000 1700000060 …'
      shipper explain 1:wCb3OG7yAFWelaUydu0D+125CLM= --network network.json
      shipper explain --print-policy
    """
    from shipper.access.explain import explain
    from shipper.cli.explain.told import as_json, tell
    from shipper.views.seen_flows import alike

    if not what:
        raise ConfigError("name what is to be explained: `shipper explain --help` says how")
    flows = alike(_documents(context, what, options))
    chosen = [each.seen for each in flows[:limit]]
    interfaces = {each.interface for each in chosen}
    addresses = {str(address) for each in chosen for address in (each.packet.source, each.packet.destination)}
    regions = {each.region for each in chosen} - {""}
    network = network_from(
        context, network_file, aws, min(regions, default=""), lambda ec2: ec2.around(interfaces, addresses)
    )
    found = [(each, explain(network, each.seen)) for each in flows[:limit]]
    if json_wanted:
        write_json([as_json(network, *each) for each in found])
        return 0
    above: list[Explanation] = []
    for each, why in found:
        tell(network, each, why, above)
        above.append(why)
    note(
        f"The rules are those of {network_file or 'EC2'}; what was in force at the time of a record is not kept by AWS."
    )
    if len(flows) > limit:
        note(f"Flows found, but not shown: {len(flows) - limit}. --limit, or name the port and both ends.")
    return 0


def _documents(context: Context, what: tuple[str, ...], options: dict[str, Any]) -> Sequence[Mapping[str, Any]]:
    """A line has spaces; a file is there; anything else is looked for in the store, as `shipper trace` does."""
    from shipper.cli.explain.lines import documents_of

    line_format = options["line_format"]
    if len(what) == 1 and (" " in what[0] or what[0] == "-" or Path(what[0]).is_file()):
        return documents_of(what[0], line_format)
    if len(what) > 3:  # a line that the shell took apart
        return documents_of(" ".join(what), line_format)
    return _stored(context, what, options)


def _stored(context: Context, what: tuple[str, ...], options: dict[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Flow-log records of the connections that are meant, with their ids; of a record that is named, only that."""
    from shipper.cli.asked_connection import fitting, picked
    from shipper.views.question import run
    from shipper.views.trace.find import story
    from shipper.views.trace.target import target

    try:
        asked = target(what)
    except ConfigError as error:
        error.add_note("Or a flow-log line, a file with some, or - for standard input.")
        raise
    pick = options["pick"]
    found = fitting(context, asked, options["since"], options["until"])
    connections = found.connections
    if pick is not None:
        one = story(picked(asked, found, pick), now())
        connections = [run(context.store, context.settings.opensearch.prefix, one).connection]
    records = [each for one in connections for each in one.records]
    if not records:
        raise ConfigError(f"no flow log has a record of {asked.text}: `shipper trace {asked.text}` says why")
    if found.cut:
        note("There are more records before these: narrow it with ports, a second address, --since and --until.")
    named = [each for each in records if each.id == asked.text]
    return [{"_id": each.id, **each.found} for each in named or records]
