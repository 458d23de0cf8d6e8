"""How the work of a child process can fail, besides the errors that the work itself raises."""


class SubprocessError(Exception):
    """The child did not complete the work."""


class SubprocessDied(SubprocessError):
    """The child was killed, the machine was out of memory, or a library ended the process."""


class SubprocessTimeout(SubprocessError, TimeoutError):
    """The work took longer than its limit; the child was killed."""


class SubprocessOutOfMemory(SubprocessError, MemoryError):
    """The work needed more memory than its limit."""
