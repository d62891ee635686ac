"""The address of a Prometheus server: what people paste, down to the path below which /api/v1 lies."""

from webapp.core.outside.guard import Place, place


def server(url: str) -> Place:
    """The parts of an address; its target ends where /api/v1 would begin. Raises Invalid with a sentence."""
    given = place(url, "The address of the Prometheus server")
    base = given.target.rstrip("/").removesuffix("/api/v1").removesuffix("/graph").rstrip("/")
    return Place(given.scheme, given.host, given.port, base)


def text(server: Place) -> str:
    """The address as it is stored and shown: a Prometheus server's path is no secret."""
    return server.origin + server.target
