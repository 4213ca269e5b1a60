"""The one exception whose message is meant for the person at the keyboard."""


class UserError(Exception):
    """Something the user can mend: its text is one line that says what happened and what to do.

    The entry points print it on stderr and exit with status 2. Anything else that is raised is a
    bug and keeps its traceback.
    """


class NotAllowed(UserError):
    """The file system refused a write (read-only folder, full disk)."""
