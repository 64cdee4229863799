"""The desk's memory: rows, their queries beside them, sealing of personal fields."""
