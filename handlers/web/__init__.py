"""The site: welcome page, demonstration, health."""
