"""Tables: 28 px sticky head, 26 px rows, hairlines, text left, numbers right, the whole row a link."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from webapp.components.controls import link
from webapp.components.icons import icon


def table(
    columns: Sequence[str], heads: Sequence[rx.Component], rows: Any, *, label: str, class_name: str = ""
) -> rx.Component:
    """A table with fixed column widths ("" takes the rest); `rows` is the body's content."""
    return rx.el.table(
        rx.el.caption(label, class_name="fw-hidden"),
        rx.el.colgroup(*[rx.el.col(style={"width": width} if width else {}) for width in columns]),
        rx.el.thead(rx.el.tr(*heads)),
        rx.el.tbody(rows),
        class_name=f"fw-table {class_name}".strip(),
    )


def column(label: Any, class_name: str = "") -> rx.Component:
    """A column's head."""
    return rx.el.th(label, scope="col", class_name=class_name)


def sortable(label: Any, href: Any, order: Any, class_name: str = "") -> rx.Component:
    """A column's head that sorts; `order` is "ascending", "descending" or "none"."""
    return rx.el.th(
        link(
            label,
            rx.match(
                order,
                ("ascending", icon("arrow-up", 11)),
                ("descending", icon("arrow-down", 11)),
                rx.fragment(),
            ),
            href=href,
        ),
        scope="col",
        class_name=class_name,
        custom_attrs={"aria-sort": order},
    )


def cell(*children: Any, class_name: Any = "", **props: Any) -> rx.Component:
    """A cell."""
    return rx.el.td(*children, class_name=class_name, **props)


def row(*cells: rx.Component, href: Any = None, **props: Any) -> rx.Component:
    """A row; with `href` a click anywhere on it follows the link, which its first link also is."""
    attrs = {**props.pop("custom_attrs", {}), **({} if href is None else {"data-href": href})}
    return rx.el.tr(*cells, custom_attrs=attrs, **props)
