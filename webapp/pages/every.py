"""Every page behind the sign-in: its address, its title and what fills it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import reflex as rx

from webapp import routes
from webapp.pages.audit import audit
from webapp.pages.calibration import calibration
from webapp.pages.connect import connect
from webapp.pages.drift import drift
from webapp.pages.fleet import fleet
from webapp.pages.incidents import incidents
from webapp.pages.inventory import inventory
from webapp.pages.jobs import jobs
from webapp.pages.keys import keys
from webapp.pages.maintenance import maintenance
from webapp.pages.models import models
from webapp.pages.notifications import notifications
from webapp.pages.people import people
from webapp.pages.retention import retention
from webapp.pages.scenarios import scenarios
from webapp.pages.server import server
from webapp.pages.thresholds import thresholds
from webapp.pages.training import training
from webapp.pages.you import you
from webapp.state import audit as audit_state
from webapp.state import calibration as calibration_state
from webapp.state import connect as connect_state
from webapp.state import drift as drift_state
from webapp.state import fleet as fleet_state
from webapp.state import incidents as incidents_state
from webapp.state import inventory as inventory_state
from webapp.state import jobs as jobs_state
from webapp.state import keys as keys_state
from webapp.state import maintenance as maintenance_state
from webapp.state import models as models_state
from webapp.state import notifications as notifications_state
from webapp.state import people as people_state
from webapp.state import retention as retention_state
from webapp.state import scenarios as scenarios_state
from webapp.state import server as server_state
from webapp.state import thresholds as thresholds_state
from webapp.state import training as training_state
from webapp.state import you as you_state


class Page(NamedTuple):
    """One page; `load` runs each time it is opened."""

    build: Callable[[], rx.Component]
    route: str
    title: str
    load: Any


PAGES = (
    Page(fleet, routes.FLEET, "Fleet", fleet_state.Fleet.open),
    Page(server, routes.SERVER, "Server", server_state.Server.open),
    Page(incidents, routes.INCIDENTS, "Incidents", incidents_state.Incidents.open),
    Page(scenarios, routes.SCENARIOS, "Scenarios", scenarios_state.Scenarios.open),
    Page(models, routes.MODELS, "Models", models_state.Models.open),
    Page(training, routes.TRAINING, "Training", training_state.Training.open),
    Page(calibration, routes.CALIBRATION, "Calibration", calibration_state.Calibration.open),
    Page(drift, routes.DRIFT, "Drift", drift_state.Drift.open),
    Page(connect, routes.CONNECT, "Connect", connect_state.Connect.open),
    Page(jobs, routes.JOBS, "Jobs and schedules", jobs_state.Jobs.open),
    Page(audit, routes.AUDIT, "Audit", audit_state.Audit.open),
    Page(thresholds, routes.THRESHOLDS, "Thresholds", thresholds_state.Thresholds.open),
    Page(maintenance, routes.MAINTENANCE, "Maintenance", maintenance_state.Maintenance.open),
    Page(inventory, routes.INVENTORY, "Servers", inventory_state.Inventory.open),
    Page(people, routes.PEOPLE, "People", people_state.People.open),
    Page(keys, routes.KEYS, "API keys", keys_state.Keys.open),
    Page(notifications, routes.NOTIFICATIONS, "Notifications", notifications_state.Notifications.open),
    Page(retention, routes.RETENTION, "Retention", retention_state.Retention.open),
    Page(you, routes.YOU, "You", you_state.You.open),
)
