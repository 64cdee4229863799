"""Language: what words, numbers, dates, trades and card numbers mean."""
