"""Buttons, fields, segments and popovers, native elements all, so that the keyboard works as everywhere."""

from collections.abc import Sequence
from typing import Any

import reflex as rx
from reflex_components_core.el.element import Element
from reflex_components_core.react_router.dom import ReactRouterLink

from webapp.components.icons import icon


def button(label: Any, *, kind: str = "", sign: Any = None, small: bool = False, **props: Any) -> rx.Component:
    """A button. `kind`: "primary", "danger" (outlined), "ghost" or plain. Say why it is off in `title`."""
    classes = " ".join(part for part in ("fw-btn", kind, "small" if small else "", props.pop("class_name", "")) if part)
    parts = [] if sign is None else [icon(sign, 12 if small else 14)]
    props.setdefault("type", "button")
    return rx.el.button(*parts, rx.el.span(label), class_name=classes, **props)


def link_button(
    label: Any, href: Any, *, kind: str = "", sign: Any = None, small: bool = False, **props: Any
) -> rx.Component:
    """A link that looks like a button: it leads somewhere and changes nothing."""
    classes = " ".join(part for part in ("fw-btn", kind, "small" if small else "") if part)
    parts = [] if sign is None else [icon(sign, 12 if small else 14)]
    return link(*parts, rx.el.span(label), href=href, class_name=classes, **props)


def link(*children: Any, href: Any, **props: Any) -> rx.Component:
    """A link inside the console: the address changes, the page is not loaded anew."""
    return ReactRouterLink.create(*children, to=href, **props)


def field(label: str, control: rx.Component, *, name: str, hint: Any = None) -> rx.Component:
    """A labelled control; `name` is the control's id."""
    tail = [] if hint is None else [rx.el.span(hint, class_name="fw-meta", id=f"{name}-hint")]
    return rx.el.div(rx.el.label(label, html_for=name), control, *tail, class_name="fw-field")


def select(name: str, options: Any, **props: Any) -> rx.Component:
    """A drop-down of (value, label) pairs. Two forms of a page with a field of one name need an `id` each: Reflex
    takes a submitted value from the element of that id."""
    rows: Any = (
        rx.foreach(options, lambda one: rx.el.option(one[1], value=one[0]))
        if isinstance(options, rx.Var)
        else [rx.el.option(label, value=value) for value, label in options]
    )
    inner = rx.el.select(
        *(rows if isinstance(rows, list) else [rows]),
        id=props.pop("id", name),
        name=name,
        class_name="fw-input",
        **props,
    )
    return rx.el.div(inner, icon("chevron-down", 13), class_name="fw-select")


def segments(label: str, *items: rx.Component) -> rx.Component:
    """Neighbouring choices of which one holds; mark it with aria-current or aria-pressed."""
    return rx.el.div(*items, class_name="fw-seg", role="group", custom_attrs={"aria-label": label})


def segment_link(label: Any, href: Any, on: Any) -> rx.Component:
    """One choice that is an address."""
    return link(label, href=href, custom_attrs={"aria-current": rx.cond(on, "true", "false")})


def popover(name: str, *children: rx.Component, label: str, class_name: str = "", side: str = "left") -> rx.Component:
    """A panel that opens under the control that carries `opens(name)`; Esc and a click outside close it."""
    return rx.el.div(
        *children,
        id=name,
        class_name=f"fw-pop {class_name}".strip(),
        custom_attrs={"popover": "auto", "aria-label": label, "data-side": side, "role": "dialog"},
    )


def opens(name: str) -> dict[str, str]:
    """Attributes of a button that opens the popover called `name`."""
    return {"popovertarget": name}


def dialog(name: str, *children: rx.Component, label: str, class_name: str = "") -> rx.Component:
    """A modal dialog, opened by a control with `shows(name)`; Esc closes it."""
    return rx.el.dialog(
        *children, id=name, class_name=f"fw-dialog {class_name}".strip(), custom_attrs={"aria-label": label}
    )


def shows(name: str) -> dict[str, str]:
    """Attributes of a button that opens the dialog called `name`."""
    return {"data-shows": name}


def closes() -> dict[str, str]:
    """Attributes of a button that closes the dialog around it."""
    return {"data-closes": ""}


def pairs(rows: Sequence[tuple[Any, Any]]) -> rx.Component:
    """Names and values, one pair a line."""
    cells: list[rx.Component] = []
    for name, value in rows:
        cells += [rx.el.dt(name), rx.el.dd(value)]
    return rx.el.dl(*cells, class_name="fw-pairs")


class NativeForm(Element):
    """A form that the browser itself posts: `rx.el.form` hands every submit to the event socket."""

    tag = "form"
    action: rx.Var[str]
    method: rx.Var[str]


def native_form(*children: rx.Component, **props: object) -> rx.Component:
    """A form posted by the browser, followed by a full page load."""
    return NativeForm.create(*children, **props)


class NativeLink(Element):
    """A link that the browser itself follows: `rx.el.a` takes an address of this host for one of its pages."""

    tag = "a"
    href: rx.Var[str]


def native_link(*children: Any, **props: Any) -> rx.Component:
    """A link that is followed by a full page load, to an address that is no page."""
    return NativeLink.create(*children, **props)
