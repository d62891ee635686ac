"""One email over SMTP: to a checked address, encrypted as asked, bounded in time and in what is read.

`smtplib` waits for each line anew, so a server that drips could hold it for ever: a timer shuts the connection at
the deadline, and an answer has a longest length.
"""

import contextlib
import smtplib
import socket
from collections.abc import Callable
from email.message import EmailMessage
from threading import Timer
from typing import Any

from webapp.core.clock import monotonic
from webapp.core.outside import guard
from webapp.core.outside.http import tls

_MOST_BYTES = 100_000


class DeadlinePassed(TimeoutError):
    """The whole conversation took longer than it may."""


def send(
    message: EmailMessage, host: str, port: int, security: str, login: tuple[str, str] | None, until: float
) -> None:
    """Hand a message to a server. `security` is "starttls", "tls" or "none".

    Raises smtplib's errors, ssl.SSLError, OSError, DeadlinePassed, and Refused for an address not to be reached.
    """
    own_name = str(message["From"]).rpartition("@")[2].rstrip(">")  # looking up this machine's may take long
    talk = _Conversation((host, port), security == "tls", own_name, until)
    try:
        talk.begin()
        if security == "starttls":
            talk.starttls(context=tls())
            talk.ehlo()
        if login is not None:
            talk.login(*login)
        talk.send_message(message)
        with contextlib.suppress(smtplib.SMTPException, OSError):
            talk.quit()  # it was taken already
    except (OSError, smtplib.SMTPException) as error:
        if monotonic() >= until:
            raise DeadlinePassed("the deadline has passed") from error
        raise
    finally:
        talk.end()


class _Conversation(smtplib.SMTP):
    """A connection to the address that was checked; `file` reads no more than it may."""

    def __init__(self, where: tuple[str, int], encrypted: bool, own_name: str, until: float) -> None:
        super().__init__(local_hostname=own_name, timeout=max(0.1, until - monotonic()))
        self._where = where
        self._host = where[0]  # the name that a certificate has to be for
        self._encrypted = encrypted
        self._timer = Timer(max(0.1, until - monotonic()), self._shut)
        self._timer.daemon = True

    def begin(self) -> None:
        """Connect and greet. Raises SMTPConnectError when the server wants nobody."""
        self._timer.start()
        code, said = self.connect(*self._where)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        self.ehlo_or_helo_if_needed()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        failed: OSError | None = None
        for address in guard.resolve(host, port):
            try:
                made = socket.create_connection((address, port), timeout)
            except OSError as error:
                failed = error
                continue
            self.sock = made  # for the timer, while the certificate is looked at
            return tls().wrap_socket(made, server_hostname=host) if self._encrypted else made
        raise failed or OSError(f"the name {host} has no address")

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file: Any = _Limited(self.sock.makefile("rb"))
        return super().getreply()

    def _shut(self) -> None:
        sock = self.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Let go of everything."""
        self._timer.cancel()
        self.close()


class _Limited:
    """A file of lines that ends, as if the server had hung up, after too many bytes."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._left = _MOST_BYTES
        self.close: Callable[[], None] = inner.close

    def readline(self, most: int) -> bytes:
        got: bytes = self._inner.readline(min(most, self._left))
        self._left -= len(got)
        return got
