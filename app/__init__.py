"""The composition root in two halves: build the parts, open the runtime. Only bot.py comes in."""
