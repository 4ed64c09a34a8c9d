"""`shipper explain`: why a flow was let in or refused, which rules are used, and the snapshot that both go by."""

import click

from shipper.cli.explain.flow import flow
from shipper.cli.explain.rules import rules
from shipper.cli.explain.snapshot import snapshot


class _ByDefaultFlow(click.Group):
    """`shipper explain WHAT` is `shipper explain flow WHAT`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [flow.name or "", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ByDefaultFlow, short_help="Why a flow was let in or refused; which rules are used.")
def explain() -> None:
    """Why a flow was let in or refused, by the rules of its network.

    `shipper explain WHAT` is short for `shipper explain flow WHAT`. Rules are read from EC2 as they are now, or from a
    file that `shipper explain snapshot` made (--network FILE). Nothing is changed.
    """


explain.add_command(flow)
explain.add_command(rules)
explain.add_command(snapshot)
