"""Every address of the console, and the state of the views in it: what selects is in the URL."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

FLEET = "/"
SERVER = "/servers/[name]"
SCENARIOS = "/scenarios"
JOBS = "/jobs"
CALIBRATION = "/calibration"
DRIFT = "/drift"
MODELS = "/models"
TRAINING = "/training"
AUDIT = "/audit"
CONNECT = "/connect"
INCIDENTS = "/incidents"
THRESHOLDS = "/settings/thresholds"
MAINTENANCE = "/settings/maintenance"
INVENTORY = "/settings/servers"
PEOPLE = "/settings/people"
KEYS = "/settings/keys"
NOTIFICATIONS = "/settings/notifications"
RETENTION = "/settings/retention"
YOU = "/you"
SIGN_IN = "/sign-in"
LOGIN = "/api/login"
LOGOUT = "/api/logout"
OWN_PASSWORD = "/api/password"  # noqa: S105 - an address
PROVIDER = "/auth/oidc"
WHO_AM_I = "/api/v1/me"

SORTS = ("when", "risk", "server", "profile", "threshold", "probability", "now")
MAPS = ("horizon", "tiles")
AT_RISK = "at-risk"


def url(path: str, **query: object) -> str:
    """A path with the parts of the query that are set."""
    kept = {key: value for key, value in query.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(kept)}" if kept else path


def server(name: str, stream: str = "", **query: object) -> str:
    """The page of one server."""
    return url(f"/servers/{quote(name, safe='')}", stream=stream, **query)


def scenarios(stream: str = "", **query: object) -> str:
    """The scenarios page; `servers` and `kind` fill the form."""
    return url(SCENARIOS, stream=stream, **query)


def incidents(stream: str = "", **query: object) -> str:
    """Breaches that happened; the rest of the query filters."""
    return url(INCIDENTS, stream=stream, **query)


def incidents_csv(stream: str, **query: object) -> str:
    """The same as a file; its times are UTC."""
    return url(f"/api/v1/streams/{quote(stream, safe='')}/incidents.csv", **query)


def jobs(stream: str = "") -> str:
    """What Forewarn itself is doing."""
    return url(JOBS, stream=stream)


def calibration(stream: str = "") -> str:
    """How far a stream's forecasts may be trusted."""
    return url(CALIBRATION, stream=stream)


def drift(stream: str = "", **query: object) -> str:
    """Whether a stream has moved away from what its champion was measured on; `cell` is a group and metric."""
    return url(DRIFT, stream=stream, **query)


def models(stream: str = "", **query: object) -> str:
    """Who serves a stream and who wants to; `version` picks one."""
    return url(MODELS, stream=stream, **query)


def training(stream: str = "", run: int = 0) -> str:
    """Trainings of a stream's model, the running one first; `run` opens one."""
    return url(TRAINING, stream=stream, run=run)


def candidate(stream: str, version: int) -> str:
    """The evidence on a version that a training made."""
    return models(stream, version=version)


def audit(stream: str = "", **query: object) -> str:
    """Who changed what, when and why; the rest of the query filters, `entry` opens one."""
    return url(AUDIT, stream=stream, **query)


def connect(stream: str = "") -> str:
    """Where one's own servers are connected."""
    return url(CONNECT, stream=stream)


def inventory(stream: str = "", **query: object) -> str:
    """Every server of a stream; the rest of the query filters, `server` opens one."""
    return url(INVENTORY, stream=stream, **query)


def sign_in(then: str = "") -> str:
    """The sign-in page, which leads to `then`."""
    return url(SIGN_IN, next="" if then in ("", FLEET) else then)


@dataclass(frozen=True, slots=True)
class FleetQuery:
    """What the fleet overview shows, in the words of its URL; anything unknown falls back."""

    sort: str = "when"
    down: bool = False
    severity: str = ""
    profile: str = ""
    q: str = ""
    page: int = 1
    map: str = "horizon"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "FleetQuery":
        """Read a URL's query."""
        sort, page, drawn = query.get("sort", ""), query.get("page", ""), query.get("map", "")
        return cls(
            sort=sort if sort in SORTS else "when",
            down=query.get("dir") == "desc",
            severity=query.get("severity", "")[:20],
            profile=query.get("profile", "")[:40],
            q=query.get("q", "").strip()[:60],
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 and int(page) else 1,
            map=drawn if drawn in MAPS else "horizon",
        )

    def href(self, stream: str = "") -> str:
        """The URL that shows this; what is as usual is left out."""
        return url(
            FLEET,
            stream=stream,
            severity=self.severity,
            profile=self.profile,
            q=self.q,
            sort="" if self.sort == "when" else self.sort,
            dir="desc" if self.down else "",
            page="" if self.page == 1 else self.page,
            map="" if self.map == "horizon" else self.map,
        )

    def sorted_by(self, sort: str) -> "FleetQuery":
        """The same rows by another column; again by the same one turns the order round."""
        return replace(self, sort=sort, down=self.sort == sort and not self.down, page=1)

    def only(self, severity: str) -> "FleetQuery":
        """The rows of one severity; again the same one shows all."""
        return replace(self, severity="" if self.severity == severity else severity, page=1)

    def on_page(self, page: int) -> "FleetQuery":
        return replace(self, page=page)
