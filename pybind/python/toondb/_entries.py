"""What logs and listings of keys are made of."""

from dataclasses import dataclass
from typing import NamedTuple


class LogEntry(NamedTuple):
    """An entry of a log: ``position, value = entry``."""

    position: int
    value: bytes


@dataclass
class LogInfo:
    """A log, as it is at one instant."""

    log: str
    """Its name."""
    length: int
    """How many entries it holds."""
    first: int
    """The position of the oldest of them, or ``next`` if there is none."""
    next: int
    """The position that the next value gets."""
    bytes: int
    """Bytes of its entries, as the quota counts them."""


class PrefixEntry(NamedTuple):
    """What stands under a prefix: ``key, is_prefix = entry``."""

    key: bytes
    """A key; or what one or more keys begin with, up to and with its last delimiter."""
    is_prefix: bool
    """True if it is what keys begin with, and not a key itself."""
