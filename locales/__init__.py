"""The desk's tongues: catalogues by language, and the one module that turns a msgid into words."""
