"""Deliveries on their way: what may leave, its words, what became of it, what is shown."""
