/* Which pixels a shape covers, exactly: a pixel belongs to a shape when its centre does.

   A stroke is a union of capsules (all points within `radius` of a segment), a lasso is a polygon by the non-zero rule, a
   rectangle is half open. Each function calls `row(y, a, b)` for the pixels a <= x < b of every row it reaches between 0
   and `height`; x is not cut off. */
(() => {
  "use strict";

  function capsule(x0, y0, x1, y1, radius, height, row) {
    const segment = { x0, y0, x1, y1, dx: x1 - x0, dy: y1 - y0, radius };
    segment.length = Math.hypot(segment.dx, segment.dy);
    const first = Math.max(0, Math.floor(Math.min(y0, y1) - radius - 0.5));
    const last = Math.min(height - 1, Math.ceil(Math.max(y0, y1) + radius - 0.5));
    for (let y = first; y <= last; y++) capsuleRow(segment, y, row);
  }

  /** A row of a convex shape is one run: estimate its ends, then let the exact test move them. */
  function capsuleRow(segment, y, row) {
    const c = y + 0.5;
    let a = Math.ceil(leftmost(segment, c) - 0.5);
    let b = Math.floor(rightmost(segment, c) - 0.5);
    while (inside(segment, a - 0.5, c)) a--;
    while (inside(segment, b + 1.5, c)) b++;
    while (a <= b && !inside(segment, a + 0.5, c)) a++;
    while (a <= b && !inside(segment, b + 0.5, c)) b--;
    if (a <= b) row(y, a, b + 1);
  }

  /** The exact test every rounding is settled by: is the point within the radius of the segment? */
  function inside(segment, x, y) {
    const { dx, dy, radius } = segment;
    const ax = x - segment.x0;
    const ay = y - segment.y0;
    const squared = dx * dx + dy * dy;
    const t = squared === 0 ? 0 : Math.min(1, Math.max(0, (ax * dx + ay * dy) / squared));
    const ex = ax - t * dx;
    const ey = ay - t * dy;
    return ex * ex + ey * ey <= radius * radius;
  }

  const leftmost = (segment, y) => furthest(segment, y, -1);
  const rightmost = (segment, y) => furthest(segment, y, 1);

  /** How far the capsule reaches to one side on the line at `y`, up to rounding. */
  function furthest(segment, y, side) {
    const { x0, y0, x1, y1, dx, dy, radius, length } = segment;
    let best = -side * Infinity;
    const d0 = y - y0;
    const d1 = y - y1;
    if (Math.abs(d0) <= radius) best = x0 + side * Math.sqrt(radius * radius - d0 * d0);
    if (Math.abs(d1) <= radius) best = side * Math.max(side * best, side * x1 + Math.sqrt(radius * radius - d1 * d1));
    if (dy !== 0) {
      // The straight flank on that side runs beside the segment, `radius` away from it.
      const shift = (side * Math.sign(dy) * radius) / length;
      const t = (d0 + shift * dx) / dy;
      if (t >= 0 && t <= 1) best = side * Math.max(side * best, side * (x0 + shift * dy + t * dx));
    }
    if (Number.isFinite(best)) return best;
    return Math.abs(d0) < Math.abs(d1) ? x0 : x1; // it only just grazes this row, if at all
  }

  /** A closed polygon from [x, y, x, y, ...]; where it crosses itself, everything wound around is inside. */
  function polygon(points, height, row) {
    const rows = new Map();
    for (let i = 0; i < points.length; i += 2) {
      const j = (i + 2) % points.length;
      addCrossings(rows, points[i], points[i + 1], points[j], points[j + 1], height);
    }
    for (const [y, crossings] of rows) {
      crossings.sort((p, q) => p.x - q.x);
      let wound = 0;
      for (let i = 0; i + 1 < crossings.length; i++) {
        wound += crossings[i].way;
        if (wound !== 0) between(y, crossings[i].x, crossings[i + 1].x, row);
      }
    }
  }

  function addCrossings(rows, x0, y0, x1, y1, height) {
    if (y0 === y1) return;
    const way = y0 < y1 ? 1 : -1;
    const last = Math.min(height, Math.ceil(Math.max(y0, y1) - 0.5));
    for (let y = Math.max(0, Math.ceil(Math.min(y0, y1) - 0.5)); y < last; y++) {
      const x = x0 + ((y + 0.5 - y0) * (x1 - x0)) / (y1 - y0);
      if (rows.has(y)) rows.get(y).push({ x, way });
      else rows.set(y, [{ x, way }]);
    }
  }

  function rectangle(x0, y0, x1, y1, height, row) {
    const last = Math.min(height, Math.ceil(Math.max(y0, y1) - 0.5));
    for (let y = Math.max(0, Math.ceil(Math.min(y0, y1) - 0.5)); y < last; y++) {
      between(y, Math.min(x0, x1), Math.max(x0, x1), row);
    }
  }

  /** Pixels whose centre is at or after `from` and before `to`. */
  function between(y, from, to, row) {
    const a = Math.ceil(from - 0.5);
    const b = Math.ceil(to - 0.5);
    if (a < b) row(y, a, b);
  }

  globalThis.PentimentoShapes = { capsule, polygon, rectangle };
})();
