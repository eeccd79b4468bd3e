"""A page whose style and script stand in it, and the headers by which these work and nothing else does."""

import base64
import hashlib
import re
from pathlib import Path

INLINE = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)
# Whoever opens an answer in a browser gets a page that takes nothing from elsewhere, and is in no frame.
NEVER_ELSEWHERE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def read_inline_page(file: Path) -> tuple[dict[str, str], bytes]:
    """Return a page with one style and one script, and the headers of its type and its policy."""
    page = file.read_text(encoding="utf-8")
    hashes = {
        kind: "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for kind, text in INLINE.findall(page)
    }
    policy = (
        f"default-src 'none'; style-src '{hashes['style']}'; script-src '{hashes['script']}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {"content-type": "text/html; charset=utf-8", "content-security-policy": policy}, page.encode()
