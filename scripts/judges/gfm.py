"""Renders Markdown by GitHub's own library, raw HTML included, so that whatever would come through is seen.

    python gfm.py FILE    prints HTML
"""

import pathlib
import sys

import cmarkgfm
from cmarkgfm.cmark import Options

text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
sys.stdout.reconfigure(encoding="utf-8")
sys.stdout.write(cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE))
