"""What can go wrong, as words for people."""


class BlurkitError(Exception):
    """Something the user can act on; its text is one plain line."""


class UsageError(BlurkitError):
    """The command line asks for something that makes no sense."""


class InputError(BlurkitError):
    """A photo, map, mask or patch set cannot be read or does not fit."""


class OutputError(BlurkitError):
    """A result cannot be written."""


class WeightsError(BlurkitError):
    """Weights are missing, damaged, of another method, or not good enough."""


class DeviceError(BlurkitError):
    """The asked-for device is not there."""
