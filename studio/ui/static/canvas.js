/* The canvas: the picture fitted in its stage, the mask over it, and what both are asked to do.

   `PentimentoCanvas.mount` builds it for Gradio; `PentimentoCanvas.main` is the one on the page. It hears the window's
   "pentimento:compare" {image, number}, and says "pentimento:undo", "pentimento:redo" and "pentimento:drop" {file}. */
(() => {
  "use strict";
  const { el, icon, address, reveal, typing } = globalThis.PentimentoDom;
  const { MaskBits } = globalThis.PentimentoMask;
  const { View, MaskPainter } = globalThis.PentimentoView;
  const { toolbar, footer } = globalThis.PentimentoBar;
  const { Hand, keys } = globalThis.PentimentoHand;

  const NOTHING = {
    image: null, width: 0, height: 0, version: null, number: null, before: null, busy: false, preview: null,
    progress: null, empty: "Describe a picture, or drop one here.",
  };
  const BRUSH = 0.05; // radius of the first brush, in short sides of the picture

  /** A picture that is replaced only when the next one is decoded, so that nothing flickers. */
  class Layer {
    constructor(className) {
      this.node = el("img", { className, alt: "", hidden: true, draggable: false });
      this.shown = null;
      this.wanted = null;
    }

    /** Resolves when this address, or a later one, is on the page. Null hides the layer. */
    async show(url) {
      this.wanted = url;
      if (url === this.shown) return;
      if (!url) return this.#put(null);
      const next = this.node.cloneNode();
      next.hidden = false;
      next.src = url;
      await next.decode().catch(() => {});
      if (this.wanted !== url || !next.naturalWidth) return;
      this.node.replaceWith(next);
      this.node = next;
      this.shown = url;
    }

    #put(url) {
      this.shown = url;
      this.node.hidden = true;
      this.node.removeAttribute("src");
    }
  }

  class Canvas {
    constructor(root) {
      this.root = root;
      this.value = NOTHING;
      this.picture = false;
      this.mask = new MaskBits(0, 0);
      this.view = new View();
      this.tool = "brush";
      this.share = BRUSH;
      this.hidden = false;
      this.wiping = null;
      this.comparing = null;
      this.ended = new AbortController();
      this.#build();
      this.painter = new MaskPainter(this.overlay);
      this.hand = new Hand(this);
      this.#listen();
      this.#resized();
      this.changed();
    }

    // ---- building -------------------------------------------------------------------------------------------------

    #build() {
      this.bar = toolbar({
        tool: (name) => this.setTool(name), radius: (r) => this.setRadius(r, true), sized: () => this.sized(),
        undo: () => this.undo(), redo: () => this.redo(), invert: () => this.invert(), toggle: () => this.toggle(),
        clear: () => this.clear(),
      });
      this.foot = footer({
        compare: (on) => this.compareBefore(on), wipe: () => this.wipe(), actual: () => this.actual(),
        fit: () => this.fit(), in: () => this.zoomMiddle(1.25), out: () => this.zoomMiddle(1 / 1.25),
      });
      this.layers = {};
      for (const name of ["picture", "preview", "wipe", "compare"]) this.layers[name] = new Layer(`pc-${name}`);
      this.wipeBox = el("div", { className: "pc-over pc-wiping", hidden: true }, this.layers.wipe.node);
      this.compareBox = el("div", { className: "pc-over", hidden: true }, this.layers.compare.node);
      this.paper = el("div", { className: "pc-paper", role: "img", hidden: true },
        this.layers.picture.node, this.layers.preview.node);
      this.over = el("div", { className: "pc-paper pc-top", hidden: true, "aria-hidden": "true" }, this.wipeBox, this.compareBox);
      this.overlay = el("canvas", { className: "pc-mask", "aria-hidden": "true" });
      this.handle = el("div", {
        className: "pc-handle", hidden: true, tabIndex: 0, role: "slider", "aria-label": "Wipe between before and after",
        "aria-valuemin": 0, "aria-valuemax": 100,
      });
      this.chip = el("div", { className: "pc-chip", hidden: true });
      this.progress = el("div", { className: "pc-progress", hidden: true, role: "progressbar", "aria-label": "Drawing" });
      this.live = el("div", { className: "pc-live", role: "status" });
      this.#buildEmpty();
      this.stage = el("div", { className: "pc-stage", tabIndex: 0, role: "group", "aria-label": "Canvas" },
        this.paper, this.overlay, this.over, this.handle, this.chip, this.progress, this.emptyBox,
        el("div", { className: "pc-drop", "aria-hidden": "true" }, "Drop the picture here"));
      this.root.replaceChildren(this.bar.bar, this.stage, this.foot.bar, this.live);
    }

    #buildEmpty() {
      this.emptyText = el("p", { className: "pc-empty-text" });
      const input = el("input", {
        type: "file", accept: "image/*,.heic,.heif,.avif", hidden: true, tabIndex: -1,
        onchange: () => {
          if (input.files[0]) this.drop(input.files[0]);
          input.value = "";
        },
      });
      const open = el("button", { type: "button", className: "pc-open", onclick: () => input.click() }, "Open a picture");
      this.emptyBox = el("div", { className: "pc-empty" },
        el("span", { className: "pc-empty-icon" }, icon("picture")), this.emptyText, open, input);
    }

    #listen() {
      const { signal } = this.ended;
      keys(this, this.hand, signal);
      this.sizes = new ResizeObserver(() => this.#resized());
      this.sizes.observe(this.stage);
      this.theme = new MutationObserver(() => this.paint());
      this.theme.observe(document.body, { attributes: true, attributeFilter: ["class"] });
      window.addEventListener("pentimento:compare", (event) => this.compare(event.detail), { signal });
      document.addEventListener("paste", (event) => this.#paste(event), { signal });
      this.#listenDrop();
      this.#listenHandle();
    }

    #listenDrop() {
      const files = (event) => event.dataTransfer?.types.includes("Files");
      let depth = 0;
      const enter = (by) => {
        depth = Math.max(0, depth + by);
        this.root.classList.toggle("pc-dropping", depth > 0);
      };
      this.root.addEventListener("dragenter", (event) => files(event) && enter(1));
      this.root.addEventListener("dragleave", (event) => files(event) && enter(-1));
      this.root.addEventListener("dragover", (event) => {
        if (!files(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
      });
      this.root.addEventListener("drop", (event) => {
        enter(-depth);
        if (!files(event)) return;
        event.preventDefault();
        event.stopPropagation();
        if (event.dataTransfer.files[0]) this.drop(event.dataTransfer.files[0]);
      });
    }

    #listenHandle() {
      const to = (share) => {
        this.wiping = Math.min(1, Math.max(0, share));
        this.#lay();
      };
      this.handle.addEventListener("pointerdown", (event) => {
        event.stopPropagation();
        this.handle.setPointerCapture(event.pointerId);
      });
      this.handle.addEventListener("pointermove", (event) => {
        if (!this.handle.hasPointerCapture(event.pointerId)) return;
        const box = this.stage.getBoundingClientRect();
        to((event.clientX - box.left - this.view.x) / (this.view.width * this.view.scale));
      });
      this.handle.addEventListener("keydown", (event) => {
        const by = { ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.2, PageUp: 0.2, Home: -1, End: 1 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        to(this.wiping + by);
      });
    }

    #paste(event) {
      if (!this.visible() || typing(event.target)) return;
      const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
      if (!file) return;
      event.preventDefault();
      this.drop(file);
    }

    drop(file) {
      window.dispatchEvent(new CustomEvent("pentimento:drop", { detail: { file } }));
    }

    /** Stops listening to the page: another canvas has taken this one's place. */
    end() {
      this.ended.abort();
      this.sizes.disconnect();
      this.theme.disconnect();
    }

    visible() {
      return this.root.isConnected && this.root.getClientRects().length > 0;
    }

    // ---- what is shown --------------------------------------------------------------------------------------------

    /** Takes a new value from Python. The mask stays as long as the version does. */
    show(sent) {
      const old = this.value;
      const value = { ...NOTHING, ...sent };
      this.value = value;
      const resized = value.width !== old.width || value.height !== old.height;
      if (resized || value.version !== old.version) this.#newMask(old, value, resized);
      else if (value.busy !== old.busy) this.mask.setLate(value.busy);
      this.picture = Boolean(value.image && value.width && value.height);
      this.view.setPicture(value.width || 1, value.height || 1);
      if (!value.before) this.wiping = null;
      this.#showPictures(resized);
      this.changed();
      this.paint();
    }

    /** A new version starts with a clean mask, but for what was painted while it was being made. */
    #newMask(old, value, resized) {
      this.hand.finish();
      const kept = old.busy && !value.busy && !resized ? this.mask.lateOps() : [];
      this.mask = new MaskBits(value.width || 0, value.height || 0);
      for (const op of kept) this.mask.apply(op);
      this.mask.setLate(value.busy);
    }

    async #showPictures(resized) {
      const { image, preview, before } = this.value;
      const { picture, wipe } = this.layers;
      if (resized) picture.show(null);
      const shown = picture.show(address(image));
      if (preview) this.layers.preview.show(address(preview)).then(() => this.#layPreview());
      wipe.show(this.wiping === null ? null : address(before));
      await shown;
      if (!this.value.preview) this.layers.preview.show(null);
      this.#settle();
    }

    /** Once the picture is there: what lies behind it, and "before" at hand for when it is asked for. */
    #settle() {
      const node = this.layers.picture.node;
      this.paper.classList.toggle("pc-alpha", !node.hidden && seeThrough(node));
      this.ready = !node.hidden;
      const before = address(this.value.before);
      if (before && this.ready) new Image().src = before;
    }

    /** A first picture forms before its size is known: then the preview's own shape is shown. */
    #layPreview() {
      const { node } = this.layers.preview;
      if (!this.value.width && node.naturalWidth) this.view.setPicture(node.naturalWidth, node.naturalHeight);
      this.changed();
    }

    /** Shows another picture over this one, or takes it away: from the timeline, or "before". */
    async compare(detail) {
      const wanted = address(detail?.image);
      this.comparing = wanted && this.view.width > 1 ? { ...detail, image: wanted } : null;
      if (this.comparing) await this.layers.compare.show(wanted);
      this.changed();
    }

    compareBefore(on) {
      if (on && !this.value.before) return;
      if (!on && !this.comparing?.before) return;
      this.compare(on ? { image: this.value.before, before: true } : null);
    }

    wipe() {
      if (!this.value.before || !this.picture) return;
      this.wiping = this.wiping === null ? 0.5 : null;
      this.layers.wipe.show(this.wiping === null ? null : address(this.value.before));
      this.say(this.wiping === null ? "Wipe off" : "Wipe between before and after");
      this.changed();
    }

    // ---- drawing --------------------------------------------------------------------------------------------------

    /** Brings buttons, texts and places in line with the state. */
    changed() {
      const { value, mask, picture, view } = this;
      const busy = Boolean(value.busy);
      this.bar.draw({
        tool: this.tool, radius: this.radius, most: this.most, hidden: this.hidden, picture,
        undoable: mask.past.length > 0, redoable: mask.future.length > 0, painted: mask.count > 0,
      });
      this.foot.draw({
        about: this.#about(), share: this.#covered(), before: Boolean(value.before) && picture,
        comparing: Boolean(this.comparing?.before), wiping: this.wiping !== null, zoom: view.percent(),
        fitted: view.fitted, picture,
      });
      this.root.classList.toggle("pc-has-picture", picture);
      this.root.classList.toggle("pc-busy", busy);
      this.emptyText.textContent = value.empty;
      this.emptyBox.hidden = picture || Boolean(value.preview) || busy;
      this.paper.setAttribute("aria-label", value.alt || (value.number ? `Version ${value.number}` : "Picture"));
      this.#drawProgress(busy);
      this.#lay();
      this.hand.look();
    }

    #about() {
      if (!this.picture) return "";
      const { number, width, height } = this.value;
      return `${number ? `Version ${number} · ` : ""}${width} × ${height}`;
    }

    #covered() {
      const { count, pixels } = this.mask;
      if (!count) return "";
      const percent = (100 * count) / pixels;
      const share = percent < 0.1 ? "under 0.1" : percent.toFixed(percent < 10 ? 1 : 0);
      return `Mask ${share}%${this.hidden ? ", hidden" : ""}`;
    }

    #drawProgress(busy) {
      const share = this.value.progress;
      const known = typeof share === "number";
      this.progress.hidden = !busy;
      this.progress.classList.toggle("pc-known", known);
      this.progress.style.setProperty("--share", known ? String(share) : "");
      if (known) this.progress.setAttribute("aria-valuenow", String(Math.round(100 * share)));
      else this.progress.removeAttribute("aria-valuenow");
    }

    /** Puts the picture and what lies over it where the view says. */
    #lay() {
      const { view, paper, over } = this;
      const seen = this.picture || !this.layers.preview.node.hidden;
      paper.hidden = !seen;
      over.hidden = !this.picture;
      const wide = view.width * view.scale;
      for (const node of [paper, over]) {
        node.style.transform = `translate(${view.x}px, ${view.y}px)`;
        node.style.width = `${wide}px`;
        node.style.height = `${view.height * view.scale}px`;
      }
      paper.classList.toggle("pc-close", view.close());
      this.compareBox.hidden = !this.comparing;
      this.overlay.hidden = this.hidden || Boolean(this.comparing);
      this.chip.hidden = !this.comparing;
      const { before, number } = this.comparing ?? {};
      this.chip.textContent = before ? "Before" : number ? `Version ${number}` : "";
      this.#layWipe(wide);
    }

    #layWipe(wide) {
      const share = this.wiping;
      this.wipeBox.hidden = this.handle.hidden = share === null || !this.picture;
      if (this.handle.hidden) return;
      this.wipeBox.style.clipPath = `inset(0 ${100 * (1 - share)}% 0 0)`;
      this.handle.style.transform = `translateX(${this.view.x + wide * share}px)`;
      this.handle.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    }

    #resized() {
      const { clientWidth: width, clientHeight: height } = this.stage;
      if (!width || !height) return;
      const dpr = Math.min(3, window.devicePixelRatio || 1);
      this.painter.resize(Math.round(width * dpr), Math.round(height * dpr));
      this.view.setStage(width, height, dpr);
      this.moved();
      this.paint();
    }

    moved() {
      this.#lay();
      this.changedZoom();
      this.later(null);
    }

    changedZoom() {
      cancelAnimationFrame(this.footFrame);
      this.footFrame = requestAnimationFrame(() => this.changed());
    }

    /** Draws the whole mask now. */
    paint() {
      this.painter.setColor(getComputedStyle(this.root).getPropertyValue("--pc-mask-color").trim());
      this.mask.takeDirty();
      this.painter.paint(this.mask, this.view);
    }

    /** The mask changed somewhere: that part is drawn with the next frame. */
    touched() {
      this.later(true);
    }

    later(part) {
      if (!part) this.all = true;
      if (this.frame) return;
      this.frame = requestAnimationFrame(() => {
        const whole = this.all;
        this.frame = this.all = null;
        if (whole) return this.paint();
        const dirty = this.mask.takeDirty();
        if (dirty) this.painter.paint(this.mask, this.view, dirty);
      });
    }

    // ---- what can be asked of it ----------------------------------------------------------------------------------

    get most() {
      return Math.max(2, Math.min(this.view.width, this.view.height) / 2);
    }

    get radius() {
      return Math.min(this.most, Math.max(0.5, this.share * Math.min(this.view.width, this.view.height)));
    }

    setTool(name) {
      if (!["brush", "eraser", "lasso", "rectangle"].includes(name)) return;
      this.tool = name;
      this.say(name[0].toUpperCase() + name.slice(1));
      this.changed();
    }

    /** The brush's radius in pixels of the picture; `peek` shows its circle in the middle while it is being chosen. */
    setRadius(radius, peek = false) {
      this.share = Math.min(this.most, Math.max(0.5, radius)) / Math.min(this.view.width, this.view.height);
      this.peek = peek;
      this.changed();
    }

    sized() {
      this.peek = false;
      this.changed();
    }

    resizeBrush(factor) {
      const radius = this.radius * factor;
      this.setRadius(factor > 1 ? Math.max(radius, this.radius + 0.5) : Math.min(radius, this.radius - 0.5));
    }

    paintingStarts() {
      if (this.hidden) this.toggle();
    }

    #edit(done, words) {
      if (!done) return;
      this.say(words);
      this.touched();
      this.changed();
    }

    undo() {
      this.#edit(this.mask.undo(), "Stroke undone");
    }

    redo() {
      this.#edit(this.mask.redo(), "Stroke redone");
    }

    invert() {
      if (this.picture) this.#edit(this.mask.invert(), "Mask inverted");
    }

    clear() {
      this.#edit(this.mask.clear(), "Mask cleared");
    }

    undoOrLeave() {
      if (this.mask.past.length) this.undo();
      else window.dispatchEvent(new CustomEvent("pentimento:undo"));
    }

    redoOrLeave() {
      if (this.mask.future.length) this.redo();
      else window.dispatchEvent(new CustomEvent("pentimento:redo"));
    }

    toggle() {
      this.hidden = !this.hidden;
      this.say(this.hidden ? "Mask hidden" : "Mask shown");
      this.changed();
    }

    fit() {
      this.view.fit();
      this.moved();
    }

    actual() {
      this.view.actual();
      this.moved();
    }

    zoom(x, y, factor) {
      this.view.zoom(x, y, factor);
      this.moved();
    }

    zoomMiddle(factor) {
      this.zoom(this.view.stage.width / 2, this.view.stage.height / 2, factor);
    }

    pan(dx, dy) {
      this.view.pan(dx, dy);
      this.moved();
    }

    say(words) {
      this.live.textContent = words;
    }

    /** What a message sends along: the version on the canvas, and the mask or null. */
    getValue() {
      this.hand.finish();
      return { version: this.value.version, mask: this.mask.value() };
    }

    /** For tests and the curious. */
    state() {
      const { view, value, mask } = this;
      const box = this.stage.getBoundingClientRect();
      return {
        version: value.version, width: value.width, height: value.height, ready: Boolean(this.ready), busy: Boolean(value.busy),
        rect: { left: box.left + view.x, top: box.top + view.y, width: view.width * view.scale, height: view.height * view.scale },
        scale: view.scale, percent: view.percent(), fitted: view.fitted, tool: this.tool, radius: this.radius,
        painted: mask.count, undo: mask.past.length, redo: mask.future.length, hidden: this.hidden,
        comparing: this.comparing, wiping: this.wiping, preview: this.layers.preview.shown,
      };
    }
  }

  /** Whether any of the picture is see-through, looked for at a small size. */
  function seeThrough(image) {
    const side = 128;
    const context = el("canvas", { width: side, height: side }).getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0, side, side);
    const { data } = context.getImageData(0, 0, side, side);
    for (let i = 3; i < data.length; i += 4) if (data[i] < 255) return true;
    return false;
  }

  function mount(element, { props, watch }) {
    const root = element.querySelector("[data-pentimento=canvas]");
    reveal(root, "canvas.css");
    api.main?.end();
    const canvas = new Canvas(root);
    api.main = canvas;
    canvas.show(props.value);
    watch("value", () => canvas.show(props.value));
  }

  const api = { mount, main: null };
  globalThis.PentimentoCanvas = api;
})();
