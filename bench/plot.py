"""Resident memory over time: as text for a terminal and as SVG."""

from measure import MIB

COLUMNS, ROWS = 72, 14


def text_plot(samples, limit, steps):
    """`samples`: (seconds, bytes); `steps`: (seconds, name) where each began."""
    last = max(samples[-1][0], 0.1)
    top = max(limit, max(size for _, size in samples)) * 1.1
    highest = [0] * COLUMNS
    for seconds, size in samples:
        column = min(COLUMNS - 1, int(seconds / last * COLUMNS))
        highest[column] = max(highest[column], size)
    for column in range(1, COLUMNS):
        highest[column] = highest[column] or highest[column - 1]
    lines = []
    for row in range(ROWS, 0, -1):
        low, high = top * (row - 1) / ROWS, top * row / ROWS
        mark = "-" if low < limit <= high else " "
        cells = "".join("#" if size > (low + high) / 2 else mark for size in highest)
        label = f"{limit / MIB:5.0f} MB" if mark == "-" else f"{high / MIB:5.0f}   "
        lines.append(f"{label} |{cells}")
    lines.append("         +" + "-" * COLUMNS)
    ticks = [" "] * COLUMNS
    for number, (seconds, _) in enumerate(steps, 1):
        # Beside the one before where a step is shorter than a column.
        exact = min(COLUMNS - 1, int(seconds / last * COLUMNS))
        free = [column for column in range(COLUMNS) if ticks[column] == " "]
        column = min(free, key=lambda at, exact=exact: (at < exact, abs(at - exact)))
        ticks[column] = str(number)
    lines.append("          " + "".join(ticks) + f"  {last:.0f} s")
    lines += [f"          {number} {name}" for number, (_, name) in enumerate(steps, 1)]
    return "\n".join(lines)


def svg_plot(samples, limit, steps, title):
    width, height, left, bottom = 900, 420, 70, 60
    last = max(samples[-1][0], 0.1)
    top = max(limit, max(size for _, size in samples)) * 1.15

    def x(seconds):
        return left + seconds / last * (width - left - 20)

    def y(size):
        return height - bottom - size / top * (height - bottom - 40)

    points = " ".join(f"{x(seconds):.1f},{y(size):.1f}" for seconds, size in samples)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{left}" y="22" font-size="15">{title}</text>',
        f'<line x1="{left}" y1="{y(limit):.1f}" x2="{width - 20}" y2="{y(limit):.1f}" '
        'stroke="#c00" stroke-dasharray="6 4"/>',
        f'<text x="{left + 4}" y="{y(limit) - 5:.1f}" fill="#c00">promised: '
        f'{limit / MIB:.0f} MB</text>',
    ]
    for tenth in range(0, 5):
        size = top * tenth / 5
        parts.append(f'<text x="{left - 8}" y="{y(size):.1f}" text-anchor="end">'
                     f'{size / MIB:.0f} MB</text>')
    for number, (seconds, name) in enumerate(steps):
        parts.append(f'<line x1="{x(seconds):.1f}" y1="40" x2="{x(seconds):.1f}" '
                     f'y2="{height - bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{x(seconds) + 3:.1f}" y="{height - bottom + 16 + number % 3 * 14}">'
                     f'{name}</text>')
    parts.append(f'<polyline points="{points}" fill="none" stroke="#246" stroke-width="1.5"/>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"
