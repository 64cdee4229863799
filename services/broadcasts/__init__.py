"""Broadcasts: audience, approval, fan-out, control, report."""
