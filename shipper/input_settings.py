"""What a live input may be told: one frozen model for each type of input, chosen by its key `type`.

A new type is a model here, in `AnyInput`, and its row in `shipper.inputs`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

InputName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]


class InputSettings(BaseModel):
    """What all inputs have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class EveInput(InputSettings):
    """Suricata's eve.json, followed while it is written, through whatever rotates it."""

    type: Literal["eve"] = Field(description="eve: files that Suricata writes.")
    paths: tuple[str, ...] = Field(
        min_length=1, description="Files and globs, such as /var/log/suricata/eve.json; rotated ones need not match."
    )
    sensor: str = Field("", description="Name of the sensor where events do not tell it; part of every id.")
    vlan_is_vni: bool = Field(False, description="The first two VLAN tags are a mirror session's VNI.")
    silent_after_seconds: float = Field(
        300.0, ge=0, description="/healthz says so when nothing new was written for so long; 0: never."
    )


AnyInput = EveInput
"""The models by `type`."""
