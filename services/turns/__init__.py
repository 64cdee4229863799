"""A message has its effect: stored, waiting, turned, its operations done."""
