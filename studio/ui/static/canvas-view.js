/* Where the picture lies in the stage, and the mask drawn over it.

   The mask is sampled at the screen's own pixels, so drawing costs what the screen holds and not what the picture holds,
   and only the part that changed is drawn again. */
(() => {
  "use strict";
  const MOST = 32; // screen pixels to a picture pixel, at the closest
  const KEEP = 48; // pixels of the picture that always stay in sight

  class View {
    constructor() {
      this.width = 0;
      this.height = 0;
      this.stage = { width: 0, height: 0 };
      this.dpr = 1;
      this.scale = 1;
      this.x = 0;
      this.y = 0;
      this.fitted = true;
    }

    setPicture(width, height) {
      const same = width === this.width && height === this.height;
      this.width = width;
      this.height = height;
      if (!same) this.fit();
    }

    setStage(width, height, dpr) {
      const dx = (width - this.stage.width) / 2;
      const dy = (height - this.stage.height) / 2;
      this.stage = { width, height };
      this.dpr = dpr;
      if (this.fitted) this.fit();
      else this.pan(dx, dy);
    }

    fitScale() {
      const margin = Math.min(24, this.stage.width * 0.04);
      const wide = (this.stage.width - 2 * margin) / (this.width || 1);
      const high = (this.stage.height - 2 * margin) / (this.height || 1);
      return Math.max(1e-3, Math.min(wide, high));
    }

    fit() {
      this.scale = this.fitScale();
      this.x = (this.stage.width - this.width * this.scale) / 2;
      this.y = (this.stage.height - this.height * this.scale) / 2;
      this.fitted = true;
    }

    /** One picture pixel to one screen pixel, keeping the middle of the stage where it is. */
    actual() {
      this.zoom(this.stage.width / 2, this.stage.height / 2, 1 / this.dpr / this.scale);
    }

    /** Zooms so that what is under (x, y) of the stage stays there. */
    zoom(x, y, factor) {
      const least = Math.min(this.fitScale(), 1 / this.dpr) / 4;
      const scale = Math.min(Math.max(MOST / this.dpr, this.fitScale() * 4), Math.max(least, this.scale * factor));
      const by = scale / this.scale;
      this.x = x - (x - this.x) * by;
      this.y = y - (y - this.y) * by;
      this.scale = scale;
      this.fitted = false;
      this.pan(0, 0);
    }

    pan(dx, dy) {
      const wide = this.width * this.scale;
      const high = this.height * this.scale;
      const keepX = Math.min(KEEP, wide);
      const keepY = Math.min(KEEP, high);
      this.x = Math.min(this.stage.width - keepX, Math.max(keepX - wide, this.x + dx));
      this.y = Math.min(this.stage.height - keepY, Math.max(keepY - high, this.y + dy));
      if (dx || dy) this.fitted = false;
    }

    toPicture(x, y) {
      return [(x - this.x) / this.scale, (y - this.y) / this.scale];
    }

    percent() {
      return Math.round(this.scale * this.dpr * 100);
    }

    /** Whether single picture pixels are meant to be seen. */
    close() {
      return this.scale * this.dpr >= 4 && this.scale > this.fitScale() * 1.01;
    }
  }

  class MaskPainter {
    constructor(canvas) {
      this.canvas = canvas;
      this.context = canvas.getContext("2d");
      this.color = [240, 90, 40];
    }

    /** Takes the colour from the page's theme, whichever way it is written there. */
    setColor(css) {
      this.context.save();
      this.context.fillStyle = "#f05a28";
      this.context.fillStyle = css;
      const hex = /^#(..)(..)(..)$/.exec(this.context.fillStyle);
      this.context.restore();
      if (hex) this.color = hex.slice(1).map((part) => parseInt(part, 16));
    }

    resize(width, height) {
      if (this.canvas.width !== width) this.canvas.width = width;
      if (this.canvas.height !== height) this.canvas.height = height;
    }

    clear() {
      this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    }

    /** Draws the mask: all of it, or what `dirty` (a rectangle of the picture) covers. */
    paint(mask, view, dirty = null) {
      const region = this.#region(view, dirty ?? [0, 0, view.width, view.height]);
      if (!dirty) this.clear();
      if (!region || !(mask.count || mask.live || dirty)) return;
      const edge = Math.max(1, Math.round(1.25 * view.dpr));
      const sampled = sample(mask, view, region, edge);
      this.context.putImageData(this.#colors(sampled, region, edge), region.left, region.top);
    }

    /** The part of the canvas, in its own pixels, that a rectangle of the picture may reach with its edge. */
    #region(view, [left, top, right, bottom]) {
      const scale = view.scale * view.dpr;
      const more = 2 * view.dpr + 2;
      const x0 = Math.max(0, Math.floor(view.x * view.dpr + left * scale - more));
      const y0 = Math.max(0, Math.floor(view.y * view.dpr + top * scale - more));
      const x1 = Math.min(this.canvas.width, Math.ceil(view.x * view.dpr + right * scale + more));
      const y1 = Math.min(this.canvas.height, Math.ceil(view.y * view.dpr + bottom * scale + more));
      return x0 < x1 && y0 < y1 ? { left: x0, top: y0, width: x1 - x0, height: y1 - y0 } : null;
    }

    /** A see-through fill, a crisp line just inside it, and a hairline of white outside so that it shows on any colour. */
    #colors(sampled, { width, height }, edge) {
      const image = this.context.createImageData(width, height);
      const out = new Uint32Array(image.data.buffer);
      const [r, g, b] = this.color;
      const solid = (b << 16) | (g << 8) | r;
      const fill = (0x66 << 24) | solid;
      const line = (0xff << 24) | solid;
      const halo = 0xb0ffffff;
      const stride = width + 2 * edge;
      const down = edge * stride;
      for (let y = 0, o = 0; y < height; y++) {
        let i = (y + edge) * stride + edge;
        for (let x = 0; x < width; x++, i++, o++) {
          if (sampled[i]) {
            const within = sampled[i - edge] && sampled[i + edge] && sampled[i - down] && sampled[i + down];
            out[o] = within ? fill : line;
          } else if (sampled[i - 1] || sampled[i + 1] || sampled[i - stride] || sampled[i + stride]) {
            out[o] = halo;
          }
        }
      }
      return image;
    }
  }

  /** The mask under every pixel of the region and `edge` more on each side; 1 where it shows as painted. */
  function sample(mask, view, region, edge) {
    const columns = lookup(region.left - edge, region.width + 2 * edge, view.x, view, mask.width);
    const rows = lookup(region.top - edge, region.height + 2 * edge, view.y, view, mask.height);
    const shown = mask.live?.erase ? [0, 1, 0, 0] : [0, 1, 1, 1];
    const seen = Uint8Array.from(shown);
    const out = new Uint8Array(columns.length * rows.length);
    for (let j = 0, o = 0; j < rows.length; j++) {
      if (rows[j] < 0) {
        o += columns.length;
        continue;
      }
      const row = rows[j] * mask.width;
      for (let i = 0; i < columns.length; i++, o++) {
        if (columns[i] >= 0) out[o] = seen[mask.bits[row + columns[i]]];
      }
    }
    return out;
  }

  /** For a run of screen pixels along one axis: which picture pixel lies under each, or -1. */
  function lookup(from, length, offset, view, size) {
    const out = new Int32Array(length);
    for (let i = 0; i < length; i++) {
      const at = Math.floor(((from + i + 0.5) / view.dpr - offset) / view.scale);
      out[i] = at >= 0 && at < size ? at : -1;
    }
    return out;
  }

  globalThis.PentimentoView = { View, MaskPainter };
})();
