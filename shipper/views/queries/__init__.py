"""Ready-made questions, one file each: its name is the question's, its `QUESTION` is the question."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from shipper.errors import ConfigError
from shipper.views.question import Question


def names() -> Iterator[str]:
    """Of all questions, in alphabetical order."""
    for module in iter_modules(__path__):
        yield module.name.replace("_", "-")


def question(name: str) -> Question:
    """The question of this name. Raises ConfigError."""
    if name not in names():
        raise ConfigError(f"no question is called {name}; there are {', '.join(names())}")
    found: Question = import_module(f"{__name__}.{name.replace('-', '_')}").QUESTION
    return found
