"""Sheets to keep and hand on, drawn as a picture and as a document; every door may send them."""
