"""What an engine tells of itself, and what a check of it has found."""

from dataclasses import dataclass, field
from typing import List, Literal

FindingKind = Literal["notice", "derived", "unreadable", "contradiction", "damaged"]
"""What kind of fault a check has found, the gravest last."""

FindingPart = Literal["directory", "catalog", "folder", "about", "store", "log", "mark", "checkpoint", "tokens"]
"""Which part of a data directory a finding is about."""


@dataclass
class Capabilities:
    """What an engine can do and guarantees."""

    version: str
    operations: List[str]
    guarantees: List[str]
    metrics: List[str]
    durability: List[str]


@dataclass
class ServerStats:
    """The counters of an engine."""

    version: str
    pid: int
    uptime_ms: int
    namespaces: int
    open_namespaces: int
    reads: int
    writes: int
    errors: int
    panics: int
    lost_entries: int = 0
    lost_bytes: int = 0
    scrub_rounds: int = 0
    """How often all stores and checkpoints were read in the background since the engine was opened, to find damage."""
    scrubbed_bytes: int = 0
    """Bytes read by that."""
    damaged_namespaces: int = 0
    """Namespaces found damaged or unreadable when that last came to them."""
    damaged_checkpoints: int = 0
    """Checkpoints of which the same is true."""


@dataclass
class Finding:
    """One thing that a check has to tell."""

    kind: FindingKind
    """``notice``: nothing is wrong. ``derived``: what follows from other rows is not what they say, and can be made anew
    from them. ``unreadable``: the system did not let it be read. ``contradiction``: things that verify do not fit
    together. ``damaged``: bytes are not what was written, or are missing."""
    part: FindingPart
    """What it is about."""
    place: str
    """Where: a path in the data directory, and what is meant in it."""
    what: str
    """What is wrong."""
    advice: str
    """What to do about it."""


@dataclass
class CheckedNamespace:
    """A namespace that a check has verified."""

    name: str
    commit_seq: int
    """Its newest commit, as far as it can be told."""
    rows: int
    """Rows of its store."""
    pages: int
    """Pages of its store."""


@dataclass
class CheckReport:
    """What a check has verified, and what it has found."""

    namespaces: List[CheckedNamespace]
    """The namespaces that were verified, by name."""
    checkpoints: int
    """Checkpoints that were verified."""
    findings: List[Finding]
    """What is to be told."""
    more: int = 0
    """Findings beyond what one answer holds."""
    repaired: List[Finding] = field(default_factory=list)
    """What was made anew; nothing unless that was asked for."""

    @property
    def is_sound(self) -> bool:
        """True if no finding is graver than a notice, and none was left out."""
        return self.more == 0 and all(finding.kind == "notice" for finding in self.findings)
