"""Documents that cannot be written as they are: whole numbers no leaf can hold, text that is not Unicode.

What cannot be written moves to `flowtap.malformed`, as any value that is not of its leaf's kind.
"""

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from shipper.decoders.eve.event import Event
from shipper.decoders.eve.shapes import MALFORMED_CHARACTERS
from shipper.decoders.eve.values import MOST_COUNT, shown

_Place = tuple[str, Any, Callable[[], None]]


def mended(event: Event) -> tuple[Event, bytes]:
    """The event without what cannot be written, and its line. Raises RecursionError where it is nested too deep."""
    aside = []
    for path, value, remove in list(_bad(event.document, "")):
        aside.append({"path": path, "text": _ascii(shown(value))[:MALFORMED_CHARACTERS]})
        remove()
    if aside:
        event.document["flowtap"].setdefault("malformed", []).extend(aside)
        event = event._replace(malformed=True)
    try:
        return event, orjson.dumps(event.document, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError as error:
        raise RecursionError from error


def _bad(node: Any, path: str) -> Iterator[_Place]:
    """Every value that cannot be written, and how to remove it; the deepest and last first, so that places hold."""
    places = list(node.items()) if type(node) is dict else list(enumerate(node))
    for key, value in reversed(places):
        here = f"{path}.{key}" if path and type(key) is str else path or str(key)
        if type(value) in (dict, list, tuple):
            yield from _bad(value, here)
        elif not _writable(value):
            yield here, value, _remover(node, key)


def _remover(node: Any, key: Any) -> Callable[[], None]:
    return lambda: node.__delitem__(key)


def _writable(value: Any) -> bool:
    if type(value) is int:
        return -MOST_COUNT <= value <= MOST_COUNT
    if type(value) is not str:
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _ascii(text: str) -> str:
    """Text that can be written: lone surrogates as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
