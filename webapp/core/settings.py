"""Everything that the environment may decide, read once and frozen; no other module reads it.

Variables carry the prefix FOREWARN_, except DATABASE_URL and REDIS_URL, which keep the
names that hosting platforms already use.
"""

from functools import lru_cache
from pathlib import Path
from zoneinfo import available_timezones

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Frozen configuration of one installation."""

    model_config = SettingsConfigDict(env_prefix="FOREWARN_", frozen=True, extra="ignore")

    data_dir: Path = Field(Path(".data"), description="Folder of the embedded database, broker files and exports.")
    host: str = Field("127.0.0.1", description="Address that the console listens on.")
    port: int = Field(8400, ge=1, le=65535, description="Port of the console, its API and its metrics.")
    public_url: str | None = Field(None, description="Address that people type, when a proxy stands in front.")
    database_url: str = Field(
        "",
        validation_alias=AliasChoices("DATABASE_URL", "FOREWARN_DATABASE_URL"),
        description="SQLAlchemy URL of SQLite or Postgres; empty means SQLite in the data folder.",
    )
    redis_url: str = Field(
        "",
        validation_alias=AliasChoices("REDIS_URL", "FOREWARN_REDIS_URL"),
        description="Redis or Valkey; empty means the embedded one.",
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    demo: bool = Field(True, description="Create the simulated demo fleet at first start.")
    demo_servers: int = Field(20, ge=1, le=10_000, description="Servers in the demo fleet.")
    demo_seed: int = Field(7, description="Seed of the demo fleet.")
    demo_speed: float = Field(60, ge=0, le=240, description="Clock speed of the demo fleet; 0 means max.")
    demo_days: int = Field(7, ge=1, le=60, description="Simulated days of history made at first start.")
    watch_this_machine: bool = Field(True, description="Sample the machine that Forewarn runs on, every 5 minutes.")
    champion: Path | None = Field(None, description="Folder of the artefact that serves; None means the shipped one.")
    disk_cap_mb: int = Field(5000, ge=100, description="Most that telemetry and forecasts may take, in MB.")
    fan_hours: int = Field(48, ge=2, description="Hours of stream time for which every fan is kept; then one an hour.")
    zone: str = Field("UTC", description="Time zone of streams that have none of their own, like Europe/Berlin.")
    session_hours: float = Field(12, gt=0, description="Hours after which a sign-in ends.")
    session_idle_minutes: float = Field(240, gt=0, description="Minutes without use after which a sign-in ends.")
    session_renew_minutes: float = Field(15, gt=0, description="Minutes of use after which a session's token changes.")
    link_minutes: float = Field(30, gt=0, description="Minutes for which a one-time sign-in link can be used.")
    oidc_issuer: str = Field("", description="Issuer of the identity provider (OIDC), an https address; empty: none.")
    oidc_client_id: str = Field("", description="Client id of this console at the identity provider.")
    oidc_client_secret: SecretStr | None = Field(None, description="Its client secret; empty for a public client.")
    oidc_scopes: str = Field("openid profile email", description="Scopes asked for; `openid` is among them.")
    oidc_role_claim: str = Field("groups", description="Claim that decides the role; dots lead into objects.")
    oidc_roles: str = Field("", description="Which value means which role, like `forewarn-admins=admin,sre=operator`.")
    oidc_label: str = Field("single sign-on", description="What the button on the sign-in page calls the provider.")
    max_body_mb: float = Field(5, gt=0, description="Largest request body, in MB.")
    max_batch_rows: int = Field(5000, ge=1, description="Most rows in one telemetry batch.")
    requests_per_minute: int = Field(
        1200, ge=1, description="Requests a minute of one API key, one person, or one address without either."
    )
    request_burst: int = Field(600, ge=1, description="Requests at once, before that rate holds.")
    rows_per_minute: int = Field(300_000, ge=1, description="Telemetry rows a minute that one API key may push.")
    metrics_dir: Path | None = Field(None, description="Folder in which all processes share their metrics.")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise PydanticCustomError(
                "zone", "{name} is no time zone; write Area/City, like Europe/Berlin, or UTC", {"name": name[:60]}
            )
        return name

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force, with the installed driver named."""
        if not self.database_url:
            return f"sqlite:///{(self.data_dir / 'forewarn.db').resolve()}"
        for short in ("postgres://", "postgresql://"):
            if self.database_url.startswith(short):
                return "postgresql+psycopg://" + self.database_url.removeprefix(short)
        return self.database_url

    @property
    def broker(self) -> str:
        """The Redis URL in force; the launcher sets REDIS_URL for its children when it embeds Valkey."""
        return self.redis_url or f"unix://{(self.data_dir / 'run' / 'valkey.sock').resolve()}"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
