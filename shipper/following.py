"""Live inputs put together from settings: what they follow, how it is decoded, where it goes."""

from dataclasses import dataclass, replace
from functools import partial
from threading import Event

from shipper.assembly import Opened, Surroundings, decoder_parts
from shipper.catalog import KINDS
from shipper.input_settings import AnyInput
from shipper.inputs import INPUTS, SourceParts
from shipper.interfaces import DeadLetterStore, Log, Sink
from shipper.live import Attempt, Halt, HeardSink, LiveInput
from shipper.model import Stream, StreamKey
from shipper.pipeline import Pipeline
from shipper.settings import Settings
from shipper.sources.tail_marks import MarkStore


@dataclass(frozen=True, slots=True)
class Shared:
    """What all inputs of a run have in common."""

    settings: Settings
    opened: Opened
    dead_letters: DeadLetterStore
    checkpoints: MarkStore
    surroundings: Surroundings
    log: Log
    once: bool = False


def live_input(name: str, given: AnyInput, halt: Halt, sink: Sink, shared: Shared) -> LiveInput:
    """An input as it is set. Its checkpoints are its own: another input may follow the same files."""
    row = INPUTS[given.type]
    kind, clock = row.kind(given), shared.surroundings.clock
    named = tuple(sorted({**kind.settings, "input": name}.items()))
    log = partial(shared.log, input=name)
    heard = HeardSink(sink)

    def tell(problem: str) -> None:
        log("the inventory before stays in force", level="warning", problem=problem)

    def begin(stop: Event) -> Attempt:
        whole = replace(kind, settings={**kind.settings, **row.found(given, shared.settings.aws, log)})
        stream = Stream(whole, shared.opened.target)
        parts = SourceParts(
            key=lambda origin: StreamKey(kind.name, shared.opened.target, origin, named),
            checkpoints=shared.checkpoints,
            clock=clock,
            log=log,
            stopped=halt.wait,
            stream=stream,
            dead_letters=shared.dead_letters,
            aws=shared.settings.aws,
            random=shared.surroundings.random,
            once=shared.once,
        )
        parts_of_decoder = decoder_parts(whole, shared.settings, shared.opened.rules, clock(), tell=tell)
        decoder = KINDS[kind.name].decoder(parts_of_decoder)
        source = row.source(given, parts)
        pipeline = Pipeline(source, decoder, heard, shared.dead_letters, stream=stream, clock=clock, stop=stop)
        log("input begins", kind=kind.name)
        return Attempt(source, pipeline)

    return LiveInput(name, heard, halt, begin, clock=clock, random=shared.surroundings.random, log=shared.log)
