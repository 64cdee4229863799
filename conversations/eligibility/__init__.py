"""Eligibility: the questions, when each matters, the result."""
