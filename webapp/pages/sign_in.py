"""The way in: name and password, posted by the browser itself; beside it what the product is about."""

from typing import Any

import numpy as np
import reflex as rx

from webapp import routes
from webapp.charts import paths
from webapp.components.controls import native_form, native_link
from webapp.components.icons import icon, logo
from webapp.core.services import about
from webapp.state.sign_in import SignIn

WIDTH, HEIGHT, NOW, THRESHOLD = 920, 900, 585.5, 248.4
FINE = 10
"""Path units a pixel: paths are whole numbers."""


def sign_in() -> rx.Component:
    """The page."""
    return rx.el.main(
        rx.el.section(
            rx.el.div(logo(26), "Forewarn", class_name="fw-sign-brand"),
            native_form(
                rx.el.div(rx.el.h1("Sign in"), rx.el.p("See the next 8 hours of your fleet.", class_name="fw-second")),
                rx.cond(
                    SignIn.refusal != "",
                    rx.el.div(
                        icon("circle-alert", 16), rx.el.span(SignIn.refusal), class_name="fw-refusal", role="alert"
                    ),
                ),
                rx.el.input(type="hidden", name="next", value=SignIn.then),
                _field(
                    "Name",
                    "name",
                    autoComplete="username",
                    autoFocus=~SignIn.wrong,
                    key=SignIn.name,
                    defaultValue=SignIn.name,
                ),
                _field(
                    "Password",
                    "password",
                    eye=True,
                    type="password",
                    autoComplete="current-password",
                    autoFocus=SignIn.wrong,
                    key=SignIn.name,
                ),
                rx.el.button("Sign in", type="submit", class_name="fw-btn primary"),
                rx.el.p("No account? Ask an administrator.", class_name="fw-meta"),
                _provider(),
                action=routes.LOGIN,
                method="post",
                class_name="fw-sign-form",
            ),
            rx.el.div(f"Forewarn {about.version()}", class_name="fw-meta"),
            class_name="fw-sign-side",
        ),
        rx.el.div(_outlook(), class_name="fw-sign-view"),
        class_name="fw-sign",
    )


def _provider() -> rx.Component:
    """The other way in, where an identity provider is set: a plain link, since it leads out of the console."""
    button = native_link(rx.el.span("Continue with ", SignIn.provider), href=SignIn.provider_href, class_name="fw-btn")
    return rx.el.div(
        rx.cond(SignIn.provider != "", rx.fragment(rx.el.div("or", class_name="fw-sign-or"), button)),
        class_name="fw-sign-provider",
    )


def _field(label: str, name: str, *, eye: bool = False, **attributes: Any) -> rx.Component:
    control = rx.el.input(
        id=f"fw-{name}",
        name=name,
        required=True,
        class_name="fw-input",
        custom_attrs={
            **attributes,
            "aria-invalid": rx.cond(SignIn.wrong, "true", "false") if eye else "false",
            "maxLength": 200,
        },
    )
    button = rx.el.button(
        icon("eye", 15),
        type="button",
        class_name="fw-eye",
        custom_attrs={"data-eye": "", "aria-label": "Show the password", "aria-pressed": "false"},
    )
    return rx.el.div(
        rx.el.label(label, html_for=f"fw-{name}"),
        rx.el.div(control, *([button] if eye else []), class_name="fw-sign-input"),
        class_name="fw-field",
    )


def _outlook() -> rx.Component:
    """A line that was measured, now, and the fan ahead that crosses a threshold. An illustration, not data."""
    t = np.linspace(0.0, 1.0, 81)
    x = NOW + t * (WIDTH - NOW)
    median = 402.6 - 216 * (1 - np.exp(-2.9 * t)) / (1 - np.exp(-2.9)) - 22 * t
    spread = 1 - np.exp(-2.6 * t)
    bands = [
        (name, median - up * spread, median + down * spread)
        for name, up, down in (("fan90", 232, 178), ("fan80", 168, 132), ("fan50", 84, 66))
    ]
    crossing = x[int(np.argmax(median <= THRESHOLD))]
    grid = [one * WIDTH / 11 for one in range(1, 12)]
    return rx.el.svg(
        rx.el.svg.rect(x=str(NOW), y="0", width=str(WIDTH - NOW), height=str(HEIGHT), fill="var(--fw-future)"),
        *[_rule(one, "var(--fw-grid)") for one in grid],
        rx.el.svg.g(
            *[
                rx.el.svg.path(d=paths.band(FINE * x, FINE * high, FINE * low), fill=f"var(--fw-{name})")
                for name, low, high in bands
            ],
            transform=f"scale({1 / FINE})",
        ),
        rx.el.svg.line(
            x1="0",
            x2=str(WIDTH),
            y1=str(THRESHOLD),
            y2=str(THRESHOLD),
            stroke="var(--fw-critical)",
            stroke_width="1.4",
            stroke_dasharray="7 6",
            opacity=".8",
        ),
        rx.el.svg.g(
            _stroke(*_measured(), "var(--fw-measured)", 2.0),
            _stroke(x, median, "var(--fw-accent)", 2.6),
            transform=f"scale({1 / FINE})",
        ),
        _rule(NOW, "var(--fw-now)", "1.3"),
        rx.el.svg.rect(x=str(NOW - 22), y="26", width="44", height="18", rx="3", fill="var(--fw-now)"),
        rx.el.svg.text(
            "now", x=str(NOW), y="39", text_anchor="middle", font_size="12", font_weight="600", fill="var(--fw-on-now)"
        ),
        rx.el.svg.circle(
            cx=str(round(crossing, 1)),
            cy=str(THRESHOLD),
            r="6.5",
            fill="var(--fw-critical)",
            stroke="var(--fw-bg)",
            stroke_width="2",
        ),
        view_box=f"0 0 {WIDTH} {HEIGHT}",
        preserve_aspect_ratio="xMinYMid slice",
        custom_attrs={"aria-hidden": "true"},
    )


def _stroke(x: np.ndarray, y: np.ndarray, colour: str, width: float) -> rx.Component:
    return rx.el.svg.path(
        d=paths.line(FINE * x, FINE * y),
        fill="none",
        stroke=colour,
        stroke_width=str(FINE * width),
        stroke_linejoin="round",
    )


def _rule(x: float, stroke: str, width: str = "1") -> rx.Component:
    return rx.el.svg.line(
        x1=str(round(x, 1)), x2=str(round(x, 1)), y1="0", y2=str(HEIGHT), stroke=stroke, stroke_width=width
    )


def _measured() -> tuple[np.ndarray, np.ndarray]:
    """A quiet day and then a climb, with noise from a fixed seed."""
    x = np.linspace(0, NOW, 200)
    calm = 600 + 34 * np.cos(x / NOW * 9.2) - 12 * np.sin(x / NOW * 4)
    climb = 232 * np.clip((x - 0.78 * NOW) / (0.22 * NOW), 0, 1) ** 1.5
    noise = np.convolve(np.random.default_rng(7).normal(0, 5.5, 204), np.ones(5) / 2.6, "valid") * np.linspace(
        1, 0.4, 200
    )
    y = calm - climb + noise
    return x, y + (402.6 - y[-1]) * (x / NOW) ** 6
