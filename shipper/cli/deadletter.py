"""`shipper deadletter …`: records that could not be stored, and what can be done about them."""

import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.confirm import confirm
from shipper.cli.context import Context, now
from shipper.cli.output import note, shown, write_json, write_lines
from shipper.cli.signals import stop_on_signals
from shipper.errors import ConfigError

if TYPE_CHECKING:
    from shipper.interfaces import Decoder
    from shipper.model import DeadLetter
    from shipper.replay import Replayed

_TEXT_CHARACTERS = 60


@click.group(short_help="Records that could not be stored.")
def deadletter() -> None:
    """Records that could not be stored, with their bytes and the reason, kept until replayed or purged."""


_FILTERS = (
    click.option("--reason", help="Only letters whose reason contains this text."),
    click.option("--input", "origin", help="Only letters from inputs whose name contains this text."),
)


def _filtered(command: Any) -> Any:
    for option in _FILTERS:
        command = option(command)
    return command


@deadletter.command("list")
@_filtered
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Most letters to show.")
@click.option("--json", "json_wanted", is_flag=True, help="As JSON, raw bytes in base64.")
@click.pass_obj
def list_command(context: Context, /, limit: int, json_wanted: bool, **filters: str | None) -> int:
    """Show dead letters, oldest first."""
    found, letters = 0, []
    for found, letter in enumerate(_letters(context, **filters), 1):
        if found <= limit:
            letters.append(letter)  # those not shown are only counted: there may be a quota full of them
    if json_wanted:
        write_json([as_json(letter) for letter in letters])
        return 0
    write_lines(f"{found:,} dead letters" + (f", the oldest {len(letters):,} of them:" if found > len(letters) else ""))
    for letter in letters:
        write_lines("", *map(shown, _lines(letter)))
    for torn in context.dead_letters.torn():
        note(
            f"{torn.path} ends in {torn.size} bytes that a crash cut short; that record was read again from its source"
        )
    return 0


# An id may begin with "-": that is one of the 64 characters that identities are made of.
@deadletter.command("show", context_settings={"ignore_unknown_options": True})
@click.argument("document_id")
@click.option("--raw", is_flag=True, help="Only the record's bytes as they were received.")
@click.pass_obj
def show_command(context: Context, /, document_id: str, raw: bool) -> int:
    """Show everything about one dead letter, by its id."""
    from shipper.deadletter import letter_id

    found = next((letter for letter in context.dead_letters.read() if letter_id(letter) == document_id), None)
    if found is None:
        raise ConfigError(f"no dead letter has the id {document_id}; `shipper deadletter list` shows them")
    if raw:
        sys.stdout.buffer.write(found.raw + b"\n")
    else:
        write_json(as_json(found) | {"text": found.raw.decode("utf-8", "backslashreplace")})
    return 0


@deadletter.command("replay")
@_filtered
@click.option("--format", "line_format", help="Columns, in place of those that the load was given or assumed.")
@click.option("--replace", is_flag=True, help="Overwrite documents that are there under the same ids.")
@click.option("--json", "json_wanted", is_flag=True, help="What became of them as JSON.")
@click.pass_obj
def replay_command(
    context: Context, /, line_format: str | None, replace: bool, json_wanted: bool, **filters: str | None
) -> int:
    """Try again, under the same ids, after the cause is mended. What gets through is no dead letter any more.

    Only letters for this store (cluster and prefix) are tried. A header line that was read goes before --format.
    """
    from shipper.assembly import Surroundings, decoders, open_store
    from shipper.model import Fate, RecordKind
    from shipper.replay import replay
    from shipper.watch import forget_summaries

    with context.lock(), stop_on_signals() as stop:
        surroundings = Surroundings(clock=now, random=random.random, wait=stop.event.wait)
        opened = open_store(context.store, context.settings, surroundings)
        decoder = decoders(context.settings, opened.rules, now(), replace=replace)
        dead_letters = context.dead_letters

        def forget(ids: frozenset[str]) -> int:
            _remark(forget_summaries(context.loaded, sorted(ids)))
            return dead_letters.remove(ids, opened.target)

        def mended(kind: RecordKind) -> "Decoder":
            return decoder(RecordKind(kind.name, {**kind.settings, "format": line_format}) if line_format else kind)

        letters = _OfStore(_letters(context, **filters), opened.target)
        fates: Counter[str] = Counter({fate.value: 0 for fate in Fate})
        remaining: list[Replayed] = []
        for result in replay(letters, mended, opened.sink, forget):
            fates[result.fate.value] += 1
            if result.fate is Fate.REFUSED:
                remaining.append(result)
    if json_wanted:
        still = [{"id": result.id, "reason": result.reason} for result in remaining]
        write_json(dict(fates) | {"still_dead": still, "for_other_stores": letters.others})
    else:
        _show_replayed(fates, remaining, letters)
    return 5 if remaining else 0


@deadletter.command("purge")
@_filtered
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def purge_command(context: Context, /, yes: bool, **filters: str | None) -> int:
    """Forget dead letters for good: their records are then only in their source."""
    from shipper.deadletter import letter_id
    from shipper.watch import forget_summaries

    with context.lock():
        ids: dict[str, set[str]] = {}
        for letter in _letters(context, **filters):
            ids.setdefault(letter.target, set()).add(letter_id(letter))
        count = sum(map(len, ids.values()))
        if count and confirm(f"Forget {count:,} dead letters for good?", yes=yes):
            _remark(forget_summaries(context.loaded, sorted(set().union(*ids.values()))))
            removed = sum(context.dead_letters.remove(frozenset(found), target) for target, found in ids.items())
            write_lines(f"{removed:,} dead letters forgotten.")
        elif not count:
            write_lines("No dead letters to forget.")
    return 0


def as_json(letter: "DeadLetter") -> dict[str, Any]:
    """Everything kept of a letter."""
    from base64 import b64encode

    from shipper.deadletter import letter_id

    return {
        "id": letter_id(letter),
        "kind": letter.kind.name,
        "store": letter.target,
        "settings": dict(letter.kind.settings),
        "reason": letter.reason,
        "input": letter.position.origin,
        "offset": letter.position.offset,
        "line": letter.ordinal,
        "index": letter.index or None,
        "fragment": letter.fragment,
        "received_at": letter.received_at.isoformat(),
        "dead_at": letter.dead_at.isoformat(),
        "header": letter.header.decode("utf-8", "backslashreplace"),
        "raw": b64encode(letter.raw).decode("ascii"),
    }


def _letters(context: Context, reason: str | None, origin: str | None) -> "Iterator[DeadLetter]":
    letters: Iterable[DeadLetter] = context.dead_letters.read()
    return (
        letter
        for letter in letters
        if (reason is None or reason in letter.reason) and (origin is None or origin in letter.position.origin)
    )


class _OfStore:
    """The letters for one store; the others are counted while they are passed over."""

    def __init__(self, letters: "Iterator[DeadLetter]", target: str) -> None:
        self._letters = letters
        self.target = target
        self.others = 0

    def __iter__(self) -> "Iterator[DeadLetter]":
        for letter in self._letters:
            if letter.target == self.target:
                yield letter
            else:
                self.others += 1


def _show_replayed(fates: Mapping[str, int], remaining: "Sequence[Replayed]", letters: _OfStore) -> None:
    write_lines(
        f"{fates['delivered']:,} delivered, {fates['duplicate']:,} were there already, "
        f"{fates['refused']:,} stay dead letters."
    )
    for result in remaining[:10]:
        note(f"{result.id}: {result.reason}")
    if letters.others:
        note(f"{letters.others:,} letters for other stores are left as they are (this one is {letters.target}).")


def _remark(why: str) -> None:
    if why:
        note(f"Their summaries in OpenSearch may still be there: {why}")


def _lines(letter: "DeadLetter") -> tuple[str, ...]:
    """The reason has a line of its own, so that it can be read on a narrow terminal."""
    from shipper.deadletter import letter_id

    place = f"{letter.position.origin} at byte {letter.position.offset:,}"
    return (
        f"{letter_id(letter)}  {letter.kind.name} for {letter.target}",
        f"  {place}",
        f"  {letter.reason}",
        f"  {_text(letter)}",
    )


def _text(letter: "DeadLetter") -> str:
    text = letter.raw[: _TEXT_CHARACTERS * 4].decode("utf-8", "backslashreplace")
    return text if len(text) <= _TEXT_CHARACTERS else text[:_TEXT_CHARACTERS] + "…"
