"""Functions that return components: layout and look, no input or output."""
