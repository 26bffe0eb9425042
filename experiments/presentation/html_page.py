"""A single HTML file with its pictures and style inside it and no scripts."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff;
  max-width: 76rem; margin: 0 auto; padding: 1rem; }}
h1, h2, h3 {{ line-height: 1.2; margin: 2rem 0 .5rem; overflow-wrap: anywhere; }}
h1 {{ margin-top: .5rem; }}
h2 {{ border-top: 1px solid #ccc; padding-top: 1rem; }}
figure {{ margin: 1.5rem 0; }}
figure img {{ display: block; max-width: 100%; height: auto; }}
figcaption {{ color: #444; margin-bottom: .5rem; max-width: 50rem; }}
.scroll {{ overflow-x: auto; margin: 1rem 0; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .25rem .75rem; text-align: right; border-bottom: 1px solid #ddd; }}
th {{ vertical-align: bottom; background: #f3f3f3; }}
th.name, td.name {{ text-align: left; }}
td.name {{ overflow-wrap: anywhere; min-width: 8rem; }}
code {{ overflow-wrap: anywhere; white-space: pre-wrap; }}
summary {{ cursor: pointer; color: #0058a3; }}
@media (max-width: 48rem) {{
  figure img {{ max-width: none; width: 48rem; }}
  th, td {{ padding: .25rem .4rem; }}
}}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(title: str, parts: Sequence[str]) -> str:
    """A whole document.

    Args:
        title: Plain text.
        parts: HTML, from the functions below.
    """
    return _PAGE.format(title=escape(title), body="\n".join(filter(None, parts)))


def heading(level: int, text: str) -> str:
    """A heading of level 1 to 6."""
    return f"<h{level}>{escape(text)}</h{level}>"


def paragraph(text: str, code: str = "") -> str:
    """A paragraph of text, with some code at its end."""
    tail = f" <code>{escape(code)}</code>" if code else ""
    return f"<p>{escape(text)}{tail}</p>"


def picture(path: Path, caption: str) -> str:
    """A PNG file as part of the page, below its caption.

    In a narrow window it scrolls, since it would be illegible if it shrank.
    """
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return (
        f"<figure><figcaption>{escape(caption)}</figcaption>"
        f'<div class="scroll"><img alt="{escape(caption)}" '
        f'src="data:image/png;base64,{data}"></div></figure>'
    )


def table(rows: Sequence[Sequence[str]], names: int = 1) -> str:
    """A table that scrolls if the window is narrow.

    Args:
        rows: Texts, the header first; empty HTML for a header alone.
        names: How many columns, from the left, hold names; the others hold numbers.
    """
    if len(rows) < 2:
        return ""
    header, *body = rows
    lines = [_line("th", header, names), *(_line("td", row, names) for row in body)]
    return f'<div class="scroll"><table>{"".join(lines)}</table></div>'


def folded(summary: str, content: str) -> str:
    """Content that opens on a click; empty HTML without content."""
    if not content:
        return ""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def _line(tag, cells, names):
    texts = (
        f"<{tag}{' class=name' if column < names else ''}>{escape(cell)}</{tag}>"
        for column, cell in enumerate(cells)
    )
    return f"<tr>{''.join(texts)}</tr>"
