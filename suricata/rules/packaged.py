"""The rules that come with flowtap: a start for a sensor's own, sids 9,000,000 to 9,000,999."""

from importlib.resources import files


def packaged_rules() -> str:
    """The text of local.rules."""
    return (files("suricata.rules") / "local.rules").read_text("utf-8")
