"""`shipper run`: follow live inputs until told to stop."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.context import Context, now
from shipper.cli.output import write_json, write_lines
from shipper.cli.signals import Stop, stop_on_signals
from shipper.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shipper.input_settings import AnyInput
    from shipper.live import LiveInput


@click.command("run")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--check", is_flag=True, help="Say what would be followed, and end. Nothing is read or written.")
@click.option("--print-unit", is_flag=True, help="Print a systemd unit that runs this, and end.")
@click.option("--print-policy", is_flag=True, help="Print the IAM policy that following AWS inputs takes, and end.")
@click.option("--bucket", "buckets", multiple=True, help="For --print-policy: a bucket that a queue tells of.")
@click.option("--once", is_flag=True, help="End where there is nothing more for the moment.")
@click.option("--log-json", is_flag=True, help="Log one JSON object per line.")
@click.option("--http", default="", metavar="HOST:PORT", help="Serve /metrics and /healthz there.")
@click.option(
    "--allow-partitions",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Most new partitions within an hour.",
)
@click.option("--json", "json_wanted", is_flag=True, help="At the end, what it came to as JSON.")
@click.pass_obj
def run(context: Context, /, names: tuple[str, ...], check: bool, print_unit: bool, **options: Any) -> int:
    """Follow live inputs: all that are set, or those named.

    Inputs are tables of the settings file, such as [inputs.eve] with type = "eve" and paths = ["/var/log/…"].
    SIGTERM and SIGINT finish what is on its way, a second one ends at once; nothing is lost either way.

    \b
    Examples:
      shipper run --check
      shipper run --http 127.0.0.1:9464
      shipper --config /etc/flowtap/shipper.toml run --print-unit >/etc/systemd/system/flowtap.service
    """
    inputs = _chosen(context.settings.inputs, names)
    if print_unit:
        from shipper.unit import unit

        write_lines(*unit(context.command("run", *names), context.loaded).splitlines())
        return 0
    if options["print_policy"]:
        from shipper.cli.run_policy import policy_of

        write_json(policy_of(inputs, options["buckets"]))
        return 0
    if check:
        from shipper.inputs import INPUTS

        for name, given in inputs.items():
            write_lines(f"{name} ({given.type})", *(f"  {line}" for line in INPUTS[given.type].plan(given)))
        return 0
    with context.lock(), stop_on_signals() as stop:
        followed = _follow(context, inputs, stop, options)
    if options["json_wanted"]:
        write_json(_told(followed))
    if stop.signal_number:
        return stop.exit_code
    return 5 if any(each.sums().dead_lettered for each in followed) else 0


def _chosen(inputs: "Mapping[str, AnyInput]", names: "Sequence[str]") -> "dict[str, AnyInput]":
    unknown = [name for name in names if name not in inputs]
    if unknown or not inputs:
        there = f"there are {', '.join(inputs)}" if inputs else "there is none: add a table [inputs.NAME] with a type"
        raise ConfigError(f"no input is called {', '.join(unknown) or 'anything'} (settings inputs); {there}")
    return {name: given for name, given in inputs.items() if name in names or not names}


def _follow(
    context: Context, inputs: "Mapping[str, AnyInput]", stop: Stop, options: "Mapping[str, Any]"
) -> "list[LiveInput]":
    import random

    from shipper.assembly import Surroundings, open_store
    from shipper.cli.memory import one_heap
    from shipper.following import Shared, live_input
    from shipper.inputs import INPUTS
    from shipper.live import Halt
    from shipper.live_run import LiveRun, when_there
    from shipper.log import StreamLog
    from shipper.watch import Watchable, watching

    one_heap()
    log = StreamLog(sys.stderr, now, as_json=options["log_json"])
    surroundings = Surroundings(clock=now, random=random.random, wait=stop.event.wait)
    opened = when_there(
        lambda: open_store(context.store, context.settings, surroundings, options["allow_partitions"]),
        wait=stop.event.wait,
        random=random.random,
        log=log,
    )
    if opened is None:
        return []
    halts = {name: Halt() for name in inputs}
    streams = [
        Watchable(name, INPUTS[given.type].kind(given).name, opened.another(halts[name].wait))
        for name, given in inputs.items()
    ]
    with watching(context.loaded, opened, streams, context.dead_letters, surroundings, options["http"]) as watch:
        if watch.url:
            log("serving", metrics=f"{watch.url}/metrics", health=f"{watch.url}/healthz")
        shared = Shared(
            context.settings, opened, watch.dead_letters, context.checkpoints, surroundings, log, options["once"]
        )
        live = [live_input(name, given, halts[name], watch.sinks[name], shared) for name, given in inputs.items()]
        with watch.over({each.name: each for each in live}, stop.event.is_set):
            LiveRun(live, stop=stop.event, clock=now, log=log).run(context.settings.opensearch.memory_bytes)
        log("ended", records={each.name: each.sums().read for each in live})
    return live


def _told(inputs: "Sequence[LiveInput]") -> dict[str, Any]:
    return {
        each.name: {
            "sums": asdict(each.sums()) | {"accounted": each.sums().accounted},
            "failure": str(each.error) if each.error else None,
        }
        for each in inputs
    }
