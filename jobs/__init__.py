"""The desk's clock and its lanes: the async loops that make turns and send replies."""
