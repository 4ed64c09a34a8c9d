"""What every command that asks AWS can be told, and its values over the settings' section `aws`."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from shipper.settings import AwsSettings

AWS_OPTIONS = (
    click.option("--profile", help="Profile in the AWS configuration files (aws.profile)."),
    click.option("--role-arn", metavar="ARN", help="Role to take on (aws.role_arn)."),
    click.option("--external-id", help="External id that this role asks for (aws.external_id)."),
    click.option("--endpoint-url", metavar="URL", help="Where AWS answers, if not at AWS (aws.endpoint_url)."),
)
REGION = click.option("--region", metavar="REGION", help="Region (aws.region).")


@dataclass(frozen=True, slots=True)
class AwsGiven:
    """What of the section was given as an option; None where it was not."""

    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    endpoint_url: str | None = None
    requester_pays: bool | None = None
    region: str | None = None

    def over(self, settings: "AwsSettings") -> "AwsSettings":
        """The settings with these over them."""
        given = {x.name: getattr(self, x.name) for x in fields(self) if getattr(self, x.name) is not None}
        return settings.model_copy(update=given)


def taken(given: dict[str, Any]) -> AwsGiven:
    """These options, taken out of what a command was given."""
    return AwsGiven(**{x.name: given.pop(x.name, None) for x in fields(AwsGiven)})
