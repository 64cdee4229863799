"""Privacy: erasure, retention, rotation of keys."""
