"""What AWS, or the way to its credentials, can do to a caller. Each class says what the caller does next."""


class AwsError(Exception):
    """Root of what this package raises. No message holds a secret."""


class AwsNotSetUp(AwsError):
    """Profile, region or credentials are missing or wrong here: stop, the message says what to set."""


class AwsUnavailable(AwsError):
    """Credentials cannot be had now (network, throttling, a failing credential process): wait and try again."""


class AwsRefused(AwsError):
    """AWS says no (may not assume the role, login expired): stop, the message says why."""


class AwsDenied(AwsRefused):
    """These credentials may not do this to this resource: the message names the permission."""


class AwsGone(AwsError):
    """What was named is not there, or not any more: set it aside."""


class AwsUnreadable(AwsError):
    """It is there but cannot be read as it is (archived, overwritten meanwhile): set it aside with the reason."""
