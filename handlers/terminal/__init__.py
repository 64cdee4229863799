"""The terminal: play a flow, assess situations, how events are written."""
