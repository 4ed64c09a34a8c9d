"""What can go wrong with mirrored packets. Each class says what its caller does next."""


class MirrorError(Exception):
    """Root of what this package raises."""


class NotACapture(MirrorError):
    """A file is no capture that can be read here: name another. The message says what it is or lacks."""


class CaptureDamaged(MirrorError):
    """A capture ends in the middle, or a length in it cannot be: what came before is good, the rest is missing."""


class BadSelection(MirrorError):
    """A filter on packets cannot be understood: correct what the message names."""


class BadInventory(MirrorError):
    """The inventory says something that cannot be: correct the entry that the message names."""


class CannotListen(MirrorError):
    """A socket or an interface cannot be used here: correct what the message names."""


class DissectionMissing(MirrorError):
    """Scapy is not installed here: install it, or do without full dissection."""


class BadDesired(MirrorError):
    """The desired-state file says something that cannot be: correct the key that the message names."""


class BadPolicy(MirrorError):
    """The policy file about findings says something that cannot be: correct the key that the message names."""


class BadFinding(MirrorError):
    """A message is no finding, or says what cannot be: set it aside with the reason."""


class JournalUnwritable(MirrorError):
    """What was decided cannot be made safe: stop, so that nothing is done that nobody is told of."""
