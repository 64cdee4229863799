"""Tests about the project itself."""

ROOMS = ("amo", "conversations", "locales", "models", "services", "handlers", "jobs", "app")
