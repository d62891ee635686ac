"""Reading the inventory of a stream: every server, why it has its profile, and what became of its names."""

import asyncio
from datetime import datetime

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from webapp.api.callers import Reader
from webapp.core.policies.profiles import why
from webapp.core.services import inventory
from webapp.core.views.inventory import Inventory, ServerEntry
from webapp.core.views.profiles import Ground

router = APIRouter(tags=["inventory"], prefix="/api/v1")


class Merged(BaseModel):
    """An entry that was merged into a server."""

    name: str
    at: datetime
    by: str
    reason: str
    ticks: int = Field(description="Its observations that fill gaps of the server.")


class Server(BaseModel):
    """One server of the inventory."""

    name: str
    profile: str
    ground: Ground = Field(description="hand, rule, sender, name (guessed from it), or nobody.")
    why: str = Field(description="The ground in words.")
    told_profile: str | None = Field(description="The profile that its sender says.")
    set_by: str | None = Field(description="Who set the profile by hand.")
    set_at: datetime | None
    labels: dict[str, str]
    sender: str | None = Field(description="Who brought its newest batch.")
    added_at: datetime
    first_at: datetime | None = Field(description="Stream time of its first stored observation.")
    last_at: datetime | None = Field(description="Stream time of its newest one.")
    aliases: list[str] = Field(description="Names that it had before; whoever sends one means this server.")
    merged: list[Merged]
    retired_at: datetime | None = Field(description="Since when it is neither forecast nor counted.")
    retired_by: str | None
    retired_reason: str | None
    reporting: bool = Field(description="Whether it is retired, and telemetry still arrives.")
    silent: bool = Field(description="Whether its newest observation is older than two ticks.")
    depends_on: list[str]
    needed_by: list[str]


class Servers(BaseModel):
    """All servers of a stream."""

    stream: str
    at: datetime = Field(description="When this was read.")
    locked: str = Field(description="Why servers here cannot be renamed, retired or merged; empty where they can.")
    rules: list[str] = Field(description="The profile rules in order, as they are written.")
    circles: list[list[str]] = Field(description="Groups of servers that depend on each other in a circle.")
    servers: list[Server]


@router.get("/streams/{slug}/inventory", summary="The servers of a stream")
async def listed(_caller: Reader, slug: str = Path(max_length=64, description="The stream.")) -> Servers:
    """Every server, retired ones too; merged ones are named by the server that they were merged into."""
    found = await asyncio.to_thread(inventory.inventory, slug)
    return Servers(
        stream=slug,
        at=found.at,
        locked=found.locked,
        rules=[rule.line for rule in found.rules],
        circles=[list(circle) for circle in found.circles],
        servers=[_server(one, found) for one in found.servers],
    )


def _server(one: ServerEntry, found: Inventory) -> Server:
    plain = ("name", "set_by", "set_at", "sender", "added_at", "first_at", "last_at", "silent")
    retired = one.retired
    return Server(
        **{name: getattr(one, name) for name in plain},
        profile=one.chosen.profile.value,
        ground=one.chosen.ground,
        why=why(one.chosen, found.rules),
        told_profile=one.told,
        labels=dict(one.labels),
        aliases=list(one.aliases),
        merged=[Merged(name=m.name, at=m.at, by=m.by, reason=m.reason, ticks=m.ticks) for m in one.merged],
        retired_at=retired.at if retired else None,
        retired_by=retired.by if retired else None,
        retired_reason=retired.reason if retired else None,
        reporting=one.reporting,
        depends_on=list(one.depends_on),
        needed_by=list(one.needed_by),
    )
