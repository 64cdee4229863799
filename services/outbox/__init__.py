"""The outbox: messages enqueued, send errors and what they mean, receipts, limits."""
