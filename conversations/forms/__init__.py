"""Forms: flows as data, the engine that walks them, the kinds of answers. It knows no flow."""
