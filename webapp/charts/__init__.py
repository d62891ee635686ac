"""Pure charts: views in, figures and SVG paths out; no state, no framework, no colours."""
