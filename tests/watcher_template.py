"""docs/aws/guardduty.yaml, read: what the CloudFormation template of a watcher makes."""

from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "docs" / "aws" / "guardduty.yaml"


class _Loader(yaml.SafeLoader):
    """Functions such as !Sub are what they are about."""


_Loader.add_multi_constructor("!", lambda loader, _, node: loader.construct_scalar(node))
RESOURCES: dict[str, Any] = yaml.load(FILE.read_text(), _Loader)["Resources"]  # noqa: S506  (a SafeLoader)
