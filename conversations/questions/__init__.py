"""Questions people ask: the answers, and how a typed question finds its own."""
