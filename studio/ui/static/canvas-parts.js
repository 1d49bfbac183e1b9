/* What the canvas is made of: layers of pictures, the empty state, taking in files, the wipe's handle. */
(() => {
  "use strict";
  const { el, icon, typing } = globalThis.PentimentoDom;

  /** A picture that is replaced only when the next one is decoded, so that nothing flickers. */
  class Layer {
    constructor(name) {
      this.node = el("img", { className: `pc-${name}`, alt: "", hidden: true, draggable: false });
      this.wanted = null;
      this.failed = false;
      this.pending = Promise.resolve();
    }

    /** The address on the page now, or null. */
    get shown() {
      return this.node.hidden ? null : this.node.src;
    }

    /** Resolves when this address, or a later one, is on the page or has failed. Null hides the layer. */
    show(url) {
      if (url !== this.wanted) {
        this.wanted = url;
        this.failed = false;
        this.pending = url ? this.#load(url) : this.#hide();
      }
      return this.pending;
    }

    async #load(url) {
      const next = this.node.cloneNode();
      next.hidden = false;
      next.src = url;
      await next.decode().catch(() => {});
      if (this.wanted !== url) return;
      if (next.naturalWidth) {
        this.node.replaceWith(next);
        this.node = next;
        return;
      }
      await this.#hide();
      this.wanted = null; // the next value tries again
      this.failed = true;
    }

    async #hide() {
      this.node.hidden = true;
      this.node.removeAttribute("src");
    }
  }

  /** Whether any of a picture is see-through, looked for at a small size. */
  function seeThrough(image) {
    const side = 128;
    const context = el("canvas", { width: side, height: side }).getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0, side, side);
    const { data } = context.getImageData(0, 0, side, side);
    for (let i = 3; i < data.length; i += 4) if (data[i] < 255) return true;
    return false;
  }

  /** Everything on the stage but the hand's own marks, by name. */
  function stage(open) {
    const layers = Object.fromEntries(["picture", "preview", "wipe", "compare"].map((name) => [name, new Layer(name)]));
    const parts = {
      layers,
      paper: el("div", { className: "pc-paper", role: "img", hidden: true }, layers.picture.node, layers.preview.node),
      overlay: el("canvas", { className: "pc-mask", "aria-hidden": "true" }),
      wipeBox: el("div", { className: "pc-over pc-wiping", hidden: true }, layers.wipe.node),
      compareBox: el("div", { className: "pc-over", hidden: true }, layers.compare.node),
      handle: el("div", {
        className: "pc-handle", hidden: true, tabIndex: 0, role: "slider", "aria-label": "Wipe between before and after",
        "aria-valuemin": 0, "aria-valuemax": 100,
      }),
      chip: el("div", { className: "pc-chip", hidden: true }),
      progress: el("div", { className: "pc-progress", hidden: true, role: "progressbar", "aria-label": "Drawing" }),
      emptyText: el("p", { className: "pc-empty-text" }),
    };
    parts.over = el("div", { className: "pc-paper pc-top", hidden: true, "aria-hidden": "true" }, parts.wipeBox, parts.compareBox);
    parts.emptyBox = emptyState(parts.emptyText, open);
    parts.stage = el("div", { className: "pc-stage", tabIndex: 0, role: "group", "aria-label": "Canvas" },
      parts.paper, parts.overlay, parts.over, parts.handle, parts.chip, parts.progress, parts.emptyBox,
      el("div", { className: "pc-drop", "aria-hidden": "true" }, "Drop the picture here"));
    return parts;
  }

  function emptyState(text, open) {
    const input = el("input", {
      type: "file", accept: "image/*,.heic,.heif,.avif", hidden: true, tabIndex: -1, "aria-label": "Picture to open",
      onchange: () => {
        if (input.files[0]) open(input.files[0]);
        input.value = "";
      },
    });
    const button = el("button", { type: "button", className: "pc-open", onclick: () => input.click() }, "Open a picture");
    return el("div", { className: "pc-empty" }, el("span", { className: "pc-empty-icon" }, icon("picture")), text, button, input);
  }

  /** Pictures dropped on the canvas. */
  function takeDrops(root, open) {
    const files = (event) => event.dataTransfer?.types.includes("Files");
    let depth = 0; // how many elements the drag is over: entering a child comes before leaving its parent
    const enter = (by) => {
      depth = Math.max(0, depth + by);
      root.classList.toggle("pc-dropping", depth > 0);
    };
    root.addEventListener("dragenter", (event) => files(event) && enter(1));
    root.addEventListener("dragleave", (event) => files(event) && enter(-1));
    root.addEventListener("dragover", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    });
    root.addEventListener("drop", (event) => {
      enter(-depth);
      if (!files(event)) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
    });
  }

  /** Pictures pasted anywhere but into a field one writes in: those take pictures themselves. */
  function takePastes(visible, open, signal) {
    document.addEventListener("paste", (event) => {
      if (!visible() || typing(event.target)) return;
      const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
      if (!file) return;
      event.preventDefault();
      open(file);
    }, { signal });
  }

  /** The wipe's handle, by pointer and by arrow keys. `share` reads a pointer's place, `to` sets it, both 0 to 1. */
  function slide(handle, share, to) {
    handle.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (handle.hasPointerCapture(event.pointerId)) to(share(event));
    });
    handle.addEventListener("keydown", (event) => {
      const now = Number(handle.getAttribute("aria-valuenow")) / 100;
      const by = { ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.2, PageUp: 0.2, Home: -1, End: 1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      to(now + by);
    });
  }

  globalThis.PentimentoParts = { stage, seeThrough, takeDrops, takePastes, slide };
})();
