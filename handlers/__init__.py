"""The desk's doors, a folder a channel: each receives, draws and sends."""
