"""One's own file: choose it, prove to be its person, look, correct, erase; and what not to be told."""
