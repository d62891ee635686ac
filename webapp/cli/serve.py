"""What the web server loads: the app, with the garbage collector out of its way.

Loading creates some hundred thousand objects that live for ever. They are not scanned while they
are made, which makes the start shorter, nor ever again, which spares the live pages the pauses.
"""

import gc

gc.disable()

from webapp.main import app  # noqa: E402 - the collector has to be off first

gc.freeze()
gc.enable()

__all__ = ["app"]
