"""An error that the endpoint answers with."""

from aws.errors import AwsError
from aws.mirror_rules import RULES


class Fault(AwsError):
    """Answered as AWS answers errors. Amazon EC2 API Reference, "Error codes for the Amazon EC2 API"."""

    def __init__(self, code: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code = code
        self.status = status


def broken(code: str, rule: str, said: str = "") -> Fault:
    """The fault of a request that breaks this rule of `aws.mirror_rules`."""
    return Fault(code, f"{said}: {RULES[rule]}" if said else str(RULES[rule]))
