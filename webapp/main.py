"""Composition root of the web process: the app, its pages, the guard, the API on the same port, the hub."""

from functools import partial

import reflex as rx

from webapp import routes, theme
from webapp.api.app import create_api
from webapp.core.logging import configure
from webapp.core.settings import settings
from webapp.pages.every import PAGES
from webapp.pages.not_found import not_found
from webapp.pages.sign_in import sign_in
from webapp.realtime.hub import WITH_INCIDENTS, hub
from webapp.state import audit as audit_state
from webapp.state import calibration as calibration_state
from webapp.state import drift as drift_state
from webapp.state import fleet as fleet_state
from webapp.state import guard, shell, sockets
from webapp.state import incidents as incidents_state
from webapp.state import inventory as inventory_state
from webapp.state import jobs as jobs_state
from webapp.state import maintenance as maintenance_state
from webapp.state import models as models_state
from webapp.state import notifications as notifications_state
from webapp.state import people as people_state
from webapp.state import retention as retention_state
from webapp.state import scenarios as scenarios_state
from webapp.state import server as server_state
from webapp.state import thresholds as thresholds_state
from webapp.state import training as training_state

HEAD = [
    rx.el.link(rel="icon", type="image/svg+xml", href="/favicon.svg"),
    rx.el.link(rel="preload", href="/fonts/Geist-Variable.woff2", custom_attrs={"as": "font", "crossOrigin": ""}),
    rx.el.script(src="/forewarn.js"),
    rx.el.script(src="/charts.js"),
    rx.el.script(src="/ghosts.js"),
    rx.el.script(src="/sliders.js"),
    rx.el.script(src="/once.js"),
]

app = rx.App(
    stylesheets=theme.sheets(),
    head_components=HEAD,
    html_lang="en",
    backend_exception_handler=guard.explain,
    api_transformer=create_api(),
)
app.app_wraps.pop((5, "Overlay"))  # its words for a lost connection name an address; the shell has its own
guard.install(app)
for page in PAGES:
    load = [shell.Shell.open, page.load]
    app.add_page(page.build, route=page.route, title=f"{page.title}, Forewarn", on_load=load)
app.add_page(sign_in, route=routes.SIGN_IN, title="Sign in, Forewarn")
app.add_page(not_found, route="404", title="No such page, Forewarn")

LIVE = (
    fleet_state, scenarios_state, calibration_state, drift_state, models_state, thresholds_state, inventory_state,
    maintenance_state,
)  # fmt: skip
for page_state in LIVE:
    hub.register(partial(page_state.write, app))
for write in (shell.write, server_state.write, incidents_state.write):
    hub.register(partial(write, app), WITH_INCIDENTS)
hub.register(partial(training_state.write, app), training_state.KINDS)
app.register_lifespan_task(configure, process="web", level=settings().log_level)
app.register_lifespan_task(hub.run)
app.register_lifespan_task(sockets.watch)
BEATING = (
    jobs_state, audit_state, calibration_state, people_state, retention_state, notifications_state, training_state,
)  # fmt: skip
for page_state in BEATING:
    app.register_lifespan_task(page_state.keep_fresh)
