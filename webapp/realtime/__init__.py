"""From the broker's event stream to the browsers: one reader a web process, however many look."""
