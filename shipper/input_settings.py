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


class SqsInput(InputSettings):
    """Flow logs as they are delivered to a bucket: a queue tells of new objects, and any number of workers share it."""

    type: Literal["sqs"] = Field(description="sqs: an Amazon SQS queue that S3 tells of new objects.")
    queue_url: str = Field(
        min_length=1,
        description="Address of the queue, such as https://sqs.REGION.amazonaws.com/ACCOUNT/NAME.",
    )
    prefixes: tuple[str, ...] = Field((), description="Only objects whose keys begin so; without any, all.")
    format: str = Field("", description="Columns of lines without a header, as --format.")
    flow_log_id: str = Field("", description="For aws.vpcflow.flow_log_id where an object's name does not tell it.")
    parallel: int = Field(16, ge=1, le=256, description="Objects read at the same time.")
    visibility_seconds: int = Field(
        120, ge=10, le=43_200, description="How long a lost worker's messages stay hidden; renewed while it works."
    )
    most_receives: int = Field(
        3, ge=1, description="An object that could not be read so often becomes a dead letter with its name."
    )


class CloudWatchInput(InputSettings):
    """Flow logs as they are delivered to CloudWatch Logs: a log group, asked again and again for what is new."""

    type: Literal["cloudwatch"] = Field(description="cloudwatch: a log group of Amazon CloudWatch Logs.")
    log_group: str = Field(pattern=r"^[.\-_/#A-Za-z0-9]{1,512}$", description="Name of the log group.")
    streams: str = Field("", description="Only log streams whose names begin so.")
    region: str = Field("", description="Where the log group is, if not in aws.region.")
    format: str = Field(
        "",
        description="Columns of a record, as --format; else AWS is asked (ec2:DescribeFlowLogs).",
    )
    lookback_minutes: int = Field(
        60, ge=0, description="How far back the first start begins; later ones go on where the last run was."
    )


AnyInput = Annotated[EveInput | SqsInput | CloudWatchInput, Field(discriminator="type")]
"""The models by `type`."""
