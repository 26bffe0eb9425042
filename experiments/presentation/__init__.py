"""Showing results: text tables, figures, film strips, panels of videos, HTML."""
