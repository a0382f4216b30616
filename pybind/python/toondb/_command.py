"""How the command of this package is started."""

import sys
from typing import List


def program() -> List[str]:
    """The words that start this package's command, before its arguments: this interpreter, and never what is found on PATH.

    The folder that a process is started in is not searched for packages, from Python 3.11 on. Before, start it in a folder
    where nobody else writes.
    """
    # An interpreter inside another program does not know its own path.
    if not sys.executable:
        return []
    # -P came with Python 3.11.
    return [sys.executable, *(["-P"] if sys.version_info >= (3, 11) else []), "-m", "toondb"]
