"""What the people of the chamber do from their own phones: forms on the same engine."""
