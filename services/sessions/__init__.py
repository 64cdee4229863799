"""Awareness sessions: planned, announced, attended, changed."""
