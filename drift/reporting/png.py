"""The summary as a picture, for a message that shows no HTML."""

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from modelyard.drift.reporting.summary import Summary

WIDTH, HEIGHT, MARGIN = 1200, 630, 60
PAPER, INK, SOFT, LINE = "#ffffff", "#1c2430", "#566173", "#d9dee6"
BANDS = {
    "ok": ("#e6f5ec", "#1b7a4b"),
    "violations": ("#fdeee4", "#a33a00"),
    "no data": ("#eef0f4", "#566173"),
}
MOST = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pen:
    """A picture to draw and write on."""

    draw: ImageDraw.ImageDraw

    def write(self, *, text: str, top: int, size: int, color: str, left: int = MARGIN) -> None:
        """Write one line, cut where it would leave the picture, and without what the font has no shape for."""
        font = ImageFont.load_default(size=size)
        room = WIDTH - left - MARGIN
        shown = "".join(mark if mark.isascii() and mark.isprintable() else "?" for mark in text)
        while len(shown) > 1 and self.draw.textlength(shown, font=font) > room:
            shown = shown[: -max(2, len(shown) // 20)].rstrip("…") + "…"
        self.draw.text((left, top), shown, fill=color, font=font)


def as_png(*, summary: Summary) -> bytes:
    """Return a PNG of 1200 by 630 pixels: the verdict, the first findings, and violations over the last runs."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = _Pen(draw=ImageDraw.Draw(image))
    paper, ink = BANDS[summary.status]
    pen.draw.rectangle((0, 0, WIDTH, 150), fill=paper)
    pen.draw.rectangle((0, 0, 18, 150), fill=ink)
    pen.write(text=summary.verdict, top=36, size=44, color=ink)
    pen.write(text=f"{summary.about}, {summary.rows:,} rows", top=98, size=26, color=SOFT)
    top = 180
    for sentence in summary.diagnoses[:1]:
        pen.write(text=sentence, top=top, size=24, color=INK)
        top += 46
    found = [f"{change.feature}: {change.sentence}" for change in summary.changes]
    found += [f"{finding.feature}: {finding.sentence}" for finding in summary.findings]
    for sentence in found[:MOST]:
        pen.write(text=sentence, top=top, size=24, color=INK)
        top += 42
    if len(found) > MOST:
        pen.write(text=f"and {len(found) - MOST} more", top=top, size=24, color=SOFT)
    if len(summary.trend) > 1:
        counts = [count for _, _, count in summary.trend][-48:]
        step, most = min(60, (WIDTH - 2 * MARGIN) // len(counts)), max([1, *filter(None, counts)])
        pen.draw.line((MARGIN, 590, WIDTH - MARGIN, 590), fill=LINE, width=2)
        for run, count in enumerate(counts):
            if count is None:
                continue
            left, high = MARGIN + run * step, min(590 - 70 * count // most, 587)
            pen.draw.rectangle((left, high, left + step - 6, 590), fill=BANDS["violations" if count else "ok"][1])
        pen.write(text=f"Violations in the last {len(counts)} runs", top=596, size=18, color=SOFT)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
