"""Telegram: webhook or polling in, `telegram.Bot` out."""
