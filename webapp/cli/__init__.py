"""The `forewarn` command; heavy libraries are imported where a command needs them."""
