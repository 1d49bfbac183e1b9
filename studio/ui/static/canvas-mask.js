/* The mask: one byte a pixel at the picture's own size, painted exactly and undone exactly. No DOM, no zoom.

   Bit 1 of a pixel is the mask, bit 2 is the shape being painted. A finished shape is folded in and remembered by the rows
   it touched and what was there before, as run lengths. */
(() => {
  "use strict";
  const { capsule, polygon, rectangle } = globalThis.PentimentoShapes;
  const { Runs, painted, base64 } = globalThis.PentimentoRuns;
  const REMEMBERED = 16_000_000; // run lengths kept for undo, over all shapes

  /** The rows a shape touches, and from where to where. `hi` is one past the last pixel. */
  class Spans {
    constructor(width, height) {
      this.lo = new Int32Array(height).fill(width);
      this.hi = new Int32Array(height);
      this.top = height;
      this.bottom = -1;
      this.base = 0;
    }

    add(y, a, b) {
      if (a < this.lo[y]) this.lo[y] = a;
      if (b > this.hi[y]) this.hi[y] = b;
      if (y < this.top) this.top = y;
      if (y > this.bottom) this.bottom = y;
    }

    /** Without the rows that were not touched, to be kept. */
    trim() {
      this.lo = this.lo.slice(this.top, this.bottom + 1);
      this.hi = this.hi.slice(this.top, this.bottom + 1);
      this.base = this.top;
      return this;
    }

    /** Calls `act(y, a, b)` for every row that was touched. */
    each(act) {
      for (let y = this.top; y <= this.bottom; y++) {
        if (this.lo[y - this.base] < this.hi[y - this.base]) act(y, this.lo[y - this.base], this.hi[y - this.base]);
      }
    }
  }

  class MaskBits {
    constructor(width, height) {
      this.width = width;
      this.height = height;
      this.pixels = width * height;
      this.words = new Uint32Array(Math.ceil(this.pixels / 4));
      this.bits = new Uint8Array(this.words.buffer, 0, this.pixels);
      this.count = 0;
      this.past = [];
      this.future = [];
      this.live = null;
      this.dirty = null;
      this.late = false;
    }

    // ---- painting -------------------------------------------------------------------------------------------------

    /** Starts a shape; `erase` takes away instead of adding. It shows at once and is kept by `commit`. */
    begin(erase = false) {
      this.cancel();
      this.live = { erase, spans: new Spans(this.width, this.height), before: new Map() };
    }

    /** One more segment of a stroke. What the segment before covered is skipped, so that a big brush stays quick. */
    capsule(x0, y0, x1, y1, radius) {
      const { before } = this.live;
      const now = new Map();
      capsule(x0, y0, x1, y1, radius, this.height, (y, a, b) => {
        const done = before.get(y);
        if (done) {
          this.#touch(y, a, Math.min(b, done.a));
          this.#touch(y, Math.max(a, done.b), b);
        } else this.#touch(y, a, b);
        now.set(y, { a, b });
      });
      this.live.before = now;
    }

    /** Paints one whole op at once: what a finished gesture, or one carried to the next picture, comes to. */
    apply(op) {
      if (op.kind === "invert") return this.invert();
      if (op.kind === "clear") return this.clear();
      if (op.kind === "select") return this.#select(op);
      this.begin(op.erase);
      const p = op.points;
      const row = (y, a, b) => this.#touch(y, a, b);
      if (op.kind === "lasso") polygon(p, this.height, row);
      else if (op.kind === "rectangle") rectangle(...p, this.height, row);
      else this.#stroke(p, op.radius);
      return this.commit(op);
    }

    #stroke(p, radius) {
      this.capsule(p[0], p[1], p[0], p[1], radius);
      for (let i = 2; i < p.length; i += 2) this.capsule(p[i - 2], p[i - 1], p[i], p[i + 1], radius);
    }

    #touch(y, from, to) {
      const { bits, width } = this;
      const a = Math.max(0, from);
      const b = Math.min(width, to);
      if (a >= b) return;
      for (let i = y * width + a, end = y * width + b; i < end; i++) bits[i] |= 2;
      this.live.spans.add(y, a, b);
      this.#soil(a, y, b, y + 1);
    }

    cancel() {
      if (!this.live) return;
      const { bits, width } = this;
      this.live.spans.each((y, a, b) => {
        for (let i = y * width + a, end = y * width + b; i < end; i++) bits[i] &= 1;
        this.#soil(a, y, b, y + 1);
      });
      this.live = null;
    }

    /** Folds the shape in and remembers how to undo it. `op` says how to paint it again, see `apply`. */
    commit(op) {
      if (!this.live) return false;
      const { erase, spans } = this.live;
      const before = new Runs();
      const changed = this.#fold(spans, erase ? 0 : 1, before);
      this.live = null;
      if (!changed) return false;
      this.count += erase ? -changed : changed;
      this.#remember({ op, spans: spans.trim(), runs: Uint32Array.from(before.lengths) });
      return true;
    }

    /** Gives every pixel of the shape its new value, notes the old ones, and counts the changes. */
    #fold(spans, painted, before) {
      const { bits, width } = this;
      let changed = 0;
      spans.each((y, a, b) => {
        const end = y * width + b;
        for (let i = y * width + a; i < end; ) {
          const start = i;
          const value = bits[i] & 1;
          for (; i < end && (bits[i] & 1) === value; i++) {
            if (bits[i] < 2) continue;
            bits[i] = painted;
            changed += painted ^ value;
          }
          before.add(value, i - start);
        }
      });
      return changed;
    }

    /** A mask made elsewhere, as run lengths: in place of what is there, added to it (`add`), or taken away (`erase`). */
    #select(op) {
      this.cancel();
      const { bits, width, height } = this;
      if (op.runs.reduce((sum, length) => sum + length, 0) !== this.pixels) return false;
      const before = this.#runs();
      if (!op.add && !op.erase) bits.fill(0);
      let at = 0;
      op.runs.forEach((length, i) => {
        if (i & 1) bits.fill(op.erase ? 0 : 1, at, at + length);
        at += length;
      });
      const spans = new Spans(width, height);
      for (let y = 0; y < height; y++) spans.add(y, 0, width);
      this.count = painted(this.#runs());
      this.#soil(0, 0, width, height);
      this.#remember({ op, spans, runs: before });
      return true;
    }

    invert() {
      this.cancel();
      if (!this.pixels) return false;
      this.#flip();
      this.#remember({ op: { kind: "invert" } });
      return true;
    }

    clear() {
      this.cancel();
      if (!this.count) return false;
      const runs = this.#runs();
      this.#wipe();
      this.#remember({ op: { kind: "clear" }, runs });
      return true;
    }

    // ---- undoing --------------------------------------------------------------------------------------------------

    undo() {
      this.cancel();
      const entry = this.past.pop();
      if (!entry) return false;
      if (entry.op.kind === "invert") this.#flip();
      else if (entry.op.kind === "clear") this.#fill(entry.runs);
      else this.#exchange(entry);
      this.future.push(entry);
      return true;
    }

    redo() {
      this.cancel();
      const entry = this.future.pop();
      if (!entry) return false;
      if (entry.op.kind === "invert") this.#flip();
      else if (entry.op.kind === "clear") this.#wipe();
      else this.#exchange(entry);
      this.past.push(entry);
      return true;
    }

    /** From here on shapes count as late, or not: painted while the next picture was already being made. */
    setLate(late) {
      this.late = late;
      for (const entry of this.past) entry.late = false;
    }

    lateOps() {
      return this.past.filter((entry) => entry.late).map((entry) => entry.op);
    }

    #remember(entry) {
      this.past.push({ ...entry, late: this.late });
      this.future = [];
      let kept = 0;
      for (let i = this.past.length - 1; i >= 0; i--) {
        kept += this.past[i].runs?.length ?? 0;
        if (kept > REMEMBERED) return void this.past.splice(0, i + 1);
      }
    }

    /** Exchanges what an entry remembers with what is there now. */
    #exchange(entry) {
      const { bits, width } = this;
      const now = new Runs();
      let run = 0;
      let left = entry.runs[0];
      entry.spans.each((y, a, b) => {
        const row = bits.subarray(y * width + a, y * width + b);
        now.addBits(row);
        this.#soil(a, y, b, y + 1);
        for (let at = 0; at < row.length; ) {
          while (left === 0) left = entry.runs[++run];
          const length = Math.min(left, row.length - at);
          row.fill(run & 1, at, at + length);
          at += length;
          left -= length;
        }
      });
      this.count += painted(entry.runs) - painted(now.lengths);
      entry.runs = Uint32Array.from(now.lengths);
    }

    #flip() {
      const { words } = this;
      for (let i = 0; i < words.length; i++) words[i] ^= 0x01010101;
      this.count = this.pixels - this.count;
      this.#soil(0, 0, this.width, this.height);
    }

    #wipe() {
      this.bits.fill(0);
      this.count = 0;
      this.#soil(0, 0, this.width, this.height);
    }

    #fill(runs) {
      let at = 0;
      runs.forEach((length, i) => this.bits.fill(i & 1, at, (at += length)));
      this.count = painted(runs);
      this.#soil(0, 0, this.width, this.height);
    }

    // ---- reading --------------------------------------------------------------------------------------------------

    /** The whole mask for Python, or null when nothing is painted. */
    value() {
      if (!this.count) return null;
      return { width: this.width, height: this.height, runs: base64(this.#runs()) };
    }

    /** The rectangle that changed since last asked, [left, top, right, bottom], or null. */
    takeDirty() {
      const { dirty } = this;
      this.dirty = null;
      return dirty;
    }

    #runs() {
      const runs = new Runs();
      runs.addBits(this.bits);
      return Uint32Array.from(runs.lengths);
    }

    #soil(left, top, right, bottom) {
      const d = this.dirty;
      if (!d) this.dirty = [left, top, right, bottom];
      else {
        if (left < d[0]) d[0] = left;
        if (top < d[1]) d[1] = top;
        if (right > d[2]) d[2] = right;
        if (bottom > d[3]) d[3] = bottom;
      }
    }
  }

  globalThis.PentimentoMask = { MaskBits };
})();
