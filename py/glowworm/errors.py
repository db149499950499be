"""What can go wrong, as a few named exceptions.

Every message is one sentence fit for the person using the app: what happened, and what to do about it.
"""


class GlowwormError(Exception):
    """Base of every error this package raises on purpose."""


class WeightsError(GlowwormError):
    """A weights file is truncated, corrupt or inconsistent."""


class UnsupportedError(GlowwormError):
    """A valid file or request that this version cannot serve (architecture, tensor type, size)."""


class TokenizerError(GlowwormError):
    """A tokenizer or chat template in a weights file cannot be used."""


class PromptError(GlowwormError):
    """A request that makes no sense as given: too long for the context, empty, or out of range."""


class DeviceError(GlowwormError):
    """The device is missing, too small for the model, or failed while working."""


class DeviceLostError(DeviceError):
    """The device went away in the middle of work; everything on it is gone."""
