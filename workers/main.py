"""`dramatiq workers.main`: logging, then the broker, then the actors. Never imports the console."""

import dramatiq

from webapp.core.logging import configure
from webapp.core.settings import settings
from workers.broker import make_broker

configure("worker", settings().log_level)
broker = make_broker()
dramatiq.set_broker(broker)

from workers.actors import inference, maintenance, playback, shadow, training  # noqa: E402  # actors register with the broker above

__all__ = ["broker", "inference", "maintenance", "playback", "shadow", "training"]
