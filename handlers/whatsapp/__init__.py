"""WhatsApp through Twilio: receive, draw, send, statuses, and the sweep of what never arrived."""
