"""What the web and the workers share: data, rules and services. Knows no reflex, no plotly, no torch."""
