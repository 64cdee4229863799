"""Pre-registration."""
