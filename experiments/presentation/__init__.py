"""How results are shown: tables, figures, film strips, HTML."""
