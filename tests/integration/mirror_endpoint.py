"""An account at the EC2 endpoint over HTTP, and an environment that leads there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aws.endpoint.serving import handler_of
from aws_server import CREDENTIALS
from mirror_account import Account
from serving import serving


@contextmanager
def served(account: Account, set_variable: Callable[[str, str], object]) -> Iterator[None]:
    """Served until left; `set_variable` is told the variables."""
    with serving(handler_of(account.endpoint)) as url:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL_EC2": url, "AWS_ENDPOINT_URL_STS": url}.items():
            set_variable(name, value)
        yield
