"""The welcome, the menu, and coming back."""
