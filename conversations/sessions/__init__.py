"""Awareness sessions, as an artisan meets them."""
