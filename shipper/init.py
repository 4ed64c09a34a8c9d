"""Every setting as a row, made from the models of `shipper.config`, and the commented settings file made from the rows.

In: the models. Out: text, or a file that only its owner may read. Reads no settings.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePath
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from shipper.errors import ConfigError
from shipper.settings import ENVIRONMENT_PREFIX, Settings

EXAMPLE_DATASET = "aws.vpcflow"

_HEAD = """\
# Settings of shipper. What is commented out has its default: this file, as written, changes nothing.
#
# Over this file go environment variables such as SHIPPER_OPENSEARCH__URL, and over those --set opensearch.url=...
# A key that is not known here is refused. `shipper doctor` checks what these settings lead to.
"""
_TYPES = {str: "text", bool: "true or false", int: "whole number", float: "number", Path: "path", SecretStr: "secret"}
_LIMITS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `section` may hold a name to be chosen: `datasets.NAME`. `default` is TOML, empty for none."""

    section: str
    key: str
    type: str
    default: str
    description: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it. A section by name is set as a whole, in JSON: names hold dots."""
        section, by_name, _ = self.section.upper().partition(".")
        return f"{ENVIRONMENT_PREFIX}{section}" if by_name else f"{ENVIRONMENT_PREFIX}{section}__{self.key.upper()}"


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the settings file. `by_name`: there is one for each name, and it applies to that."""

    name: str
    description: str
    settings: tuple[Setting, ...]
    by_name: bool = False
    kind: str = ""

    @property
    def title(self) -> str:
        """What tells it from other tables of the same name: the type it is for."""
        return f"`{self.name}` of type `{self.kind}`" if self.kind else f"`{self.name}`"


def sections() -> tuple[Section, ...]:
    """Every section, in the models' order."""
    return tuple(section for name, field in Settings.model_fields.items() for section in _sections(name, field))


def settings_text() -> str:
    """The whole commented file."""
    return "\n".join([_HEAD, *(line for section in sections() for line in _lines(section))])


def write_settings(path: Path, *, force: bool = False) -> None:
    """Write it, readable by its owner only. Raises ConfigError where something is there already, unless forced."""
    exclusive = 0 if force else os.O_EXCL
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | exclusive, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, 0o600)
            file.write(settings_text())
    except FileExistsError as error:
        raise ConfigError(f"{path} exists; --force overwrites it, --stdout prints what would be written") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error


def _lines(section: Section) -> Iterator[str]:
    yield f"# {section.description}"
    if section.by_name:
        yield "# One table for each, such as:"
        yield f"# [{section.name}.{section.kind}]" if section.kind else f'# [{section.name}."{EXAMPLE_DATASET}"]'
    else:
        yield f"[{section.name}]"
    for setting in section.settings:
        yield f"# {setting.description} ({setting.type})"
        yield f"# {setting.key} = {setting.default or _example(setting)}"
        yield ""


def _example(setting: Setting) -> str:
    if setting.type.startswith("list of"):
        return '["..."]'
    return '"/path/to/file"' if setting.type == "path" else setting.type if '"' in setting.type else '"..."'


def _sections(name: str, field: FieldInfo) -> Iterator[Section]:
    """One, or where there are several types of it one for each."""
    by_name = get_origin(field.annotation) is dict
    for model in _models(get_args(field.annotation)[1] if by_name else field.annotation):
        where = f"{name}.NAME" if by_name else name
        rows = tuple(_setting(where, key, inner) for key, inner in model.model_fields.items())
        kinds = get_args(model.model_fields["type"].annotation) if "type" in model.model_fields else ("",)
        yield Section(name, (model.__doc__ or "").strip().partition("\n")[0], rows, by_name, kinds[0])


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The model, or all of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for part in get_args(annotation):
        yield from _models(part)


def _setting(section: str, key: str, field: FieldInfo) -> Setting:
    return Setting(section, key, _type(field), _toml(field.default), field.description or "")


def _type(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return " or ".join(f'"{value}"' for value in get_args(field.annotation))
    if get_origin(field.annotation) is tuple:
        return f"list of {_TYPES[get_args(field.annotation)[0]]}"
    kind = _kind(field.annotation)
    if issubclass(kind, Enum):
        return " or ".join(f'"{member.value}"' for member in kind)
    limits = [
        f"{sign} {getattr(found, name)}"
        for found in field.metadata
        for name, sign in _LIMITS.items()
        if hasattr(found, name)
    ]
    patterns = [f"matches `{found.pattern}`" for found in field.metadata if getattr(found, "pattern", None)]
    return ", ".join([_TYPES[kind], *limits, *patterns])


def _kind(annotation: Any) -> type:
    """The type of a field, without "or None"."""
    if isinstance(annotation, UnionType):
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    assert isinstance(annotation, type)  # noqa: S101
    return annotation


def _toml(value: object) -> str:
    """A default as TOML; empty for None, which TOML has no word for."""
    if value is None or value is PydanticUndefined:
        return ""
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    text = "" if isinstance(value, SecretStr) else str(value.value if isinstance(value, Enum) else value)
    assert isinstance(value, str | PurePath | SecretStr)  # noqa: S101
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
