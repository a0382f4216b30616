"""The ``toondb`` command: ``python -m toondb``, and the script ``toondb`` that is installed with this package.

It is the command of the program ``toondb``, in this process, which is its own; only the memory allocator is Python's.
"""

import signal
import sys

from ._command import program
from ._toondb import run_command


def main() -> None:
    """Carries out what the arguments of this process say, and ends it with the code that this comes to."""
    # Ctrl-C means to the command what it means to any program; a server catches it and ends in order. Python's own handler would
    # be called as well. Whoever started this process with SIGINT ignored has it ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(run_command(program(), sys.argv[1:]))


if __name__ == "__main__":
    main()
