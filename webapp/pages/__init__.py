"""One function a page: layout only, composed from components."""
