/* The canvas: the picture fitted in its stage, the mask over it, and what both are asked to do.

   `PentimentoCanvas.mount` builds it for Gradio; `PentimentoCanvas.main` is the one on the page. It hears the window's
   "pentimento:compare" {image, number}, and says "pentimento:undo", "pentimento:redo" and "pentimento:drop" {file}. */
(() => {
  "use strict";
  const { el, address, reveal } = globalThis.PentimentoDom;
  const { MaskBits } = globalThis.PentimentoMask;
  const { View, MaskPainter } = globalThis.PentimentoView;
  const { toolbar, footer } = globalThis.PentimentoBar;
  const { stage, seeThrough, takeDrops, takePastes, slide } = globalThis.PentimentoParts;
  const { draw, lay } = globalThis.PentimentoFace;
  const { take } = globalThis.PentimentoSelect;
  const { Hand, keys } = globalThis.PentimentoHand;

  const NOTHING = {
    image: null, width: 0, height: 0, version: null, number: null, before: null, busy: false, preview: null,
    progress: null, select: null, selected: null, empty: "Describe a picture, or drop one here.",
  };
  const BRUSH = 0.05; // radius of the first brush, in short sides of the picture

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
      this.asking = null;
      this.taken = null;
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
      Object.assign(this, stage((file) => this.drop(file)));
      this.live = el("div", { className: "pc-live", role: "status" });
      this.root.replaceChildren(this.bar.bar, this.stage, this.foot.bar, this.live);
    }

    #listen() {
      const { signal } = this.ended;
      keys(this, this.hand, signal);
      this.sizes = new ResizeObserver(() => this.#resized());
      this.sizes.observe(this.stage);
      this.theme = new MutationObserver(() => this.paint());
      this.theme.observe(document.body, { attributes: true, attributeFilter: ["class"] });
      window.addEventListener("pentimento:compare", (event) => this.compare(event.detail), { signal });
      this.root.addEventListener("click", (event) => {
        if (event.detail && event.target.closest(".pc-button")) this.stage.focus({ preventScroll: true });
      }); // after a click with the mouse, Space pans again instead of pressing the button
      takeDrops(this.root, (file) => this.drop(file));
      takePastes(() => this.visible(), (file) => this.drop(file), signal);
      slide(this.handle, (event) => this.#shareAt(event), (share) => this.#wipeTo(share));
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
      this.view.setPicture(...this.#size());
      if (!value.before) this.wiping = null;
      take(this, value.selected);
      this.#showPictures(resized);
      this.changed();
      this.paint();
    }

    /** A first picture forms before its size is known: until then the preview's own shape is shown. */
    #size() {
      const { width, height } = this.value;
      const { node } = this.layers.preview;
      return width && height ? [width, height] : [node.naturalWidth || 1, node.naturalHeight || 1];
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
      if (!this.value.busy) this.layers.preview.show(null);
      this.#settle();
      this.changed();
    }

    /** Once the picture is there: what lies behind it, and "before" at hand for when it is asked for. */
    #settle() {
      const node = this.layers.picture.node;
      this.paper.classList.toggle("pc-alpha", !node.hidden && seeThrough(node));
      const before = address(this.value.before);
      if (before && this.ready) new Image().src = before;
    }

    #layPreview() {
      this.view.setPicture(...this.#size());
      this.changed();
    }

    /** Shows another picture over this one, or takes it away: from the timeline, or "before". */
    async compare(detail) {
      const wanted = address(detail?.image);
      const comparing = wanted && this.picture ? { ...detail, image: wanted } : null;
      this.comparing = comparing;
      this.changed();
      if (!comparing) return this.layers.compare.show(null);
      await this.layers.compare.show(wanted);
      if (this.comparing !== comparing || !this.picture) return undefined;
      this.changed();
      return this.layers.compare.show(this.#atOwnSize(wanted));
    }

    /** The timeline knows thumbnails: the same picture, in the size the canvas asked for its own. */
    #atOwnSize(url) {
      const own = new URL(address(this.value.image));
      const other = new URL(url);
      if (own.pathname.replace(/[^/]*$/, "") === other.pathname.replace(/[^/]*$/, "")) other.search = own.search;
      return other.href;
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

    #shareAt(event) {
      const left = this.stage.getBoundingClientRect().left + this.view.x;
      return (event.clientX - left) / (this.view.width * this.view.scale);
    }

    #wipeTo(share) {
      this.wiping = Math.min(1, Math.max(0, share));
      lay(this);
    }

    /** Whether the picture on the page is the one that should be. */
    get ready() {
      return this.picture && this.layers.picture.shown === address(this.value.image);
    }

    // ---- drawing --------------------------------------------------------------------------------------------------

    /** Brings buttons, texts and places in line with the state. */
    changed() {
      draw(this);
      lay(this);
      this.hand.look();
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
      lay(this);
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
      if (!["brush", "eraser", "lasso", "rectangle", "select"].includes(name)) return;
      this.tool = name;
      this.say(name === "select" ? "Select a thing" : name[0].toUpperCase() + name.slice(1));
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
      this.hand.finish();
      this.#edit(this.mask.undo(), "Stroke undone");
    }

    redo() {
      this.hand.finish();
      this.#edit(this.mask.redo(), "Stroke redone");
    }

    invert() {
      this.hand.finish();
      if (this.picture) this.#edit(this.mask.invert(), "Mask inverted");
    }

    clear() {
      this.hand.finish();
      this.#edit(this.mask.clear(), "Mask cleared");
    }

    /** Puts in a mask made elsewhere, see `MaskBits.apply`. */
    lay(op) {
      this.hand.finish();
      this.paintingStarts();
      this.#edit(this.mask.apply(op), "Selected");
    }

    undoOrLeave() {
      this.hand.finish();
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
        version: value.version, width: value.width, height: value.height, ready: this.ready, busy: Boolean(value.busy),
        rect: { left: box.left + view.x, top: box.top + view.y, width: view.width * view.scale, height: view.height * view.scale },
        scale: view.scale, percent: view.percent(), fitted: view.fitted, tool: this.tool, radius: this.radius,
        painted: mask.count, undo: mask.past.length, redo: mask.future.length, hidden: this.hidden,
        comparing: this.comparing, wiping: this.wiping, preview: this.layers.preview.shown,
      };
    }
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
