"""The desk: what is valid at every step, open forms, actions, what follows an operation."""
