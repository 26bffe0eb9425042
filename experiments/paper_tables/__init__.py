"""The tables of the paper with our values beside the printed ones.

Table IV: `table4.py`. Tables II and III: `score_table.py`.
"""
