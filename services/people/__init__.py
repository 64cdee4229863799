"""People: their files, consents, requests, assessments; the staff."""
