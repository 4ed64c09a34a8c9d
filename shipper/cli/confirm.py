"""A plan is shown, then asked for, then applied: the same three steps wherever something is changed."""

import sys

import click

from shipper.errors import ConfigError

CHANGES_EXIT_CODE = 6


NOTHING_CHANGED = "nothing was changed"
"""Noted on the Abort of a question that was not answered."""


def confirm(question: str, *, yes: bool) -> bool:
    """Whether to go on. Without a terminal to ask on, only --yes goes on."""
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise ConfigError("there is no terminal to ask on: look at the plan above, then add --yes")
    try:
        return click.confirm(question, err=True)
    except click.Abort as abort:
        abort.add_note(NOTHING_CHANGED)
        raise
