"""The composition root in two halves: build the parts, open the doors. Only bot.py comes in."""
