"""A file that people write, as a frozen model: TOML text in, the model out. Pure."""

import tomllib
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError


class Strict(BaseModel):
    """A part of such a file: no key but its own, no value of another type. Lists are tuples."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


_Model = TypeVar("_Model", bound=Strict)


def read_toml(text: str, model: type[_Model], bad: type[Exception]) -> _Model:
    """The text as this model. Raises `bad`, which names the key, or the line where it is no TOML."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise bad(f"no TOML: {error}") from error
    try:
        return model.model_validate(_frozen(found))
    except ValidationError as error:
        told = error.errors()[0]
        key = ".".join(str(part) for part in told["loc"])
        unknown = told["type"] == "extra_forbidden"
        said = "there is no such key" if unknown else told["msg"].removeprefix("Value error, ")
        raise bad(f"{key}: {said}" if key else said) from error


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(each) for key, each in value.items()}
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
