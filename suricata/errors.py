"""What can go wrong with Suricata. Each class says what its caller does next."""


class SuricataError(Exception):
    """Root of what this package raises."""


class BadSensor(SuricataError):
    """A value, a rule or a file of the sensor is wrong: correct what the message names."""


class SuricataMissing(SuricataError):
    """There is no Suricata here that could be asked: install or start one."""


class SuricataSilent(SuricataError):
    """Suricata does not answer, or not in time: try again later."""


class SuricataRefused(SuricataError):
    """Suricata, or something that is none, answers no."""


class Stopped(SuricataError):
    """It was told to stop before it was done: nothing of it counts."""


class NotAnalysed(SuricataError):
    """Suricata ends badly over one capture: others may do. The message has its last words."""
