"""The exceptions that tell an operator what to mend; on the packet path an error is a value."""


class SipcmError(Exception):
    """The root of every error that ends in one clear line for the operator.

    ``details`` are lines that show what is meant, below that one.
    """

    details: tuple[str, ...] = ()


class ConfigError(SipcmError):
    """An option, a configuration file or a filter says something that cannot be followed."""


class CaptureError(SipcmError):
    """A capture file or an interface cannot be opened or read."""
