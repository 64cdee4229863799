"""The desk's mind: what is asked next, in what order, what an answer means. Pure."""
