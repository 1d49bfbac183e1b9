/* What the hand does on the stage: painting, panning, pinching, the wheel; and the keys. It decides what a gesture means
   and tells the canvas; the canvas knows what to do. */
(() => {
  "use strict";
  const { el, svg, typing } = globalThis.PentimentoDom;
  const { pick } = globalThis.PentimentoSelect;
  const ERASER_END = 32; // the bit in `buttons` of a pen turned upside down
  const PRESSED = "button, a, summary, [role=button], [tabindex='0']:not(.pc-stage)"; // what Space itself acts on

  class Hand {
    constructor(canvas) {
      this.canvas = canvas;
      this.stage = canvas.stage;
      this.touches = new Map();
      this.gesture = null;
      this.space = false;
      this.last = null; // where the last stroke ended, for a straight line with Shift
      this.outline = svg("path", { class: "pc-outline" });
      this.outlineBack = svg("path", { class: "pc-outline-back" });
      this.ink = svg("svg", { class: "pc-ink", "aria-hidden": "true" }, this.outlineBack, this.outline);
      this.ring = el("div", { className: "pc-ring", hidden: true, "aria-hidden": "true" });
      this.stage.append(this.ink, this.ring);
      this.#listen();
    }

    #listen() {
      const on = (name, act) => this.stage.addEventListener(name, act.bind(this), { passive: false });
      on("pointerdown", this.#down);
      on("pointermove", this.#move);
      on("pointerup", this.#up);
      on("pointercancel", this.#up);
      on("lostpointercapture", this.#up);
      on("pointerleave", this.#leave);
      on("wheel", this.#wheel);
      on("contextmenu", (event) => {
        if (this.gesture || event.pointerType === "touch") event.preventDefault();
      });
      on("keyup", (event) => {
        if (event.key === "Tab") this.stage.classList.add("pc-reached"); // only then a ring helps
      });
      on("blur", () => this.stage.classList.remove("pc-reached"));
      on("mousedown", (event) => {
        if (event.button === 1) event.preventDefault(); // no autoscroll
      });
    }

    /** Where an event is, in pixels of the stage. */
    #at(event) {
      const box = this.stage.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    }

    // ---- pointers -------------------------------------------------------------------------------------------------

    #down(event) {
      if (!this.canvas.picture || event.target.closest("button, [role=slider]")) return;
      this.stage.focus({ preventScroll: true });
      if (event.pointerType === "touch") {
        this.touches.set(event.pointerId, this.#at(event));
        if (this.touches.size === 2) return this.#pinchStart();
      }
      if (this.gesture || this.touches.size > 1) return;
      const pan = event.button === 1 || (this.space && event.button === 0);
      if (!pan && event.button !== 0 && !(event.buttons & ERASER_END)) return;
      event.preventDefault();
      this.stage.setPointerCapture(event.pointerId);
      const kind = pan ? "pan" : this.canvas.tool === "select" ? "pick" : "paint";
      if (kind !== "paint") this.gesture = { kind, pointer: event.pointerId, at: this.#at(event) };
      else this.#paintStart(event);
      this.look();
    }

    /** The thing where the pointer went down: alone, with Shift beside what is there, with Alt taken away. */
    #pick(gesture, event) {
      const [x, y] = this.canvas.view.toPicture(...gesture.at).map(Math.floor);
      const { width, height } = this.canvas.value;
      if (x < 0 || y < 0 || x >= width || y >= height) return;
      pick(this.canvas, x, y, { add: event.shiftKey, erase: event.altKey });
    }

    #move(event) {
      const at = this.#at(event);
      this.hover = event.pointerType === "touch" ? null : at;
      if (this.touches.has(event.pointerId)) this.touches.set(event.pointerId, at);
      const gesture = this.gesture;
      if (gesture?.kind === "pinch") this.#pinch();
      else if (gesture?.pointer === event.pointerId) {
        if (gesture.kind === "pan") {
          this.canvas.pan(at[0] - gesture.at[0], at[1] - gesture.at[1]);
          gesture.at = at;
        } else if (gesture.kind !== "pick") this.#paint(event);
      }
      this.look();
    }

    #up(event) {
      this.touches.delete(event.pointerId);
      const gesture = this.gesture;
      if (gesture?.kind === "pinch") {
        if (this.touches.size === 0) this.gesture = null;
      } else if (gesture?.pointer === event.pointerId) {
        if (gesture.kind === "pick" && event.type === "pointerup") this.#pick(gesture, event);
        else if (gesture.kind !== "pan") this.finish();
        this.gesture = null;
      }
      this.look();
    }

    #leave() {
      this.hover = null;
      this.look();
    }

    #paintStart(event) {
      const { tool, radius } = this.canvas;
      const erase = tool === "eraser" || event.altKey || Boolean(event.buttons & ERASER_END);
      const kind = tool === "lasso" || tool === "rectangle" ? tool : "stroke";
      const [x, y] = this.canvas.view.toPicture(...this.#at(event));
      this.gesture = { kind, pointer: event.pointerId, erase, radius, points: [] };
      this.canvas.paintingStarts();
      if (kind === "stroke") {
        this.canvas.mask.begin(erase);
        if (event.shiftKey && this.last) this.#extend(...this.last);
        this.#extend(x, y);
      } else this.gesture.points.push(x, y);
      this.canvas.touched();
    }

    #paint(event) {
      const events = event.getCoalescedEvents?.() ?? [];
      for (const each of events.length ? events : [event]) {
        this.#extend(...this.canvas.view.toPicture(...this.#at(each)));
      }
      if (this.gesture.kind === "stroke") this.canvas.touched();
      else this.#drawOutline();
    }

    /** Takes one more point of the path. */
    #extend(x, y) {
      const { kind, points, radius } = this.gesture;
      if (kind === "rectangle") {
        points.splice(2, 2, x, y);
        return;
      }
      const n = points.length;
      if (n && points[n - 2] === x && points[n - 1] === y) return;
      points.push(x, y);
      if (kind !== "stroke") return;
      this.canvas.mask.capsule(n ? points[n - 2] : x, n ? points[n - 1] : y, x, y, radius);
    }

    /** Ends the shape being painted and keeps it. Also called when the mask is asked for in the middle of one. */
    finish() {
      const gesture = this.gesture;
      if (!gesture?.points) return;
      const { kind, points, erase, radius } = gesture;
      this.gesture = null;
      this.#drawOutline();
      const op = { kind, points, erase, radius };
      if (kind === "stroke") {
        this.last = points.slice(-2);
        this.canvas.mask.commit(op);
      } else if (points.length > 2) this.canvas.mask.apply(op);
      this.canvas.touched();
      this.canvas.changed();
    }

    /** Drops the shape being painted. */
    cancel() {
      if (!this.gesture?.points) return false;
      this.gesture = null;
      this.canvas.mask.cancel();
      this.#drawOutline();
      this.canvas.touched();
      return true;
    }

    // ---- two fingers, wheel ---------------------------------------------------------------------------------------

    #pinchStart() {
      this.cancel();
      this.gesture = { kind: "pinch", ...this.#fingers() };
    }

    #pinch() {
      if (this.touches.size < 2) return;
      const { middle, apart } = this.#fingers();
      const before = this.gesture;
      this.canvas.pan(middle[0] - before.middle[0], middle[1] - before.middle[1]);
      this.canvas.zoom(...middle, apart / before.apart);
      this.gesture = { kind: "pinch", middle, apart };
    }

    #fingers() {
      const [[ax, ay], [bx, by]] = [...this.touches.values()];
      return { middle: [(ax + bx) / 2, (ay + by) / 2], apart: Math.max(1, Math.hypot(ax - bx, ay - by)) };
    }

    #wheel(event) {
      if (!this.canvas.picture) return;
      event.preventDefault();
      const unit = [1, 16, 400][event.deltaMode];
      if (event.shiftKey && !event.ctrlKey) return this.canvas.pan(-(event.deltaX || event.deltaY) * unit, 0);
      const step = Math.max(-120, Math.min(120, event.deltaY * unit));
      this.canvas.zoom(...this.#at(event), Math.exp(-step * (event.ctrlKey ? 0.01 : 0.002)));
      this.look();
    }

    // ---- what is seen of it ---------------------------------------------------------------------------------------

    /** The pointer's shape: the true circle of the brush, a cross for the other tools, a hand while panning. */
    look() {
      const { tool, picture, view, radius, peek, comparing } = this.canvas;
      const panning = this.gesture?.kind === "pan" ? "grabbing" : this.space ? "grab" : null;
      const round = tool === "brush" || tool === "eraser";
      const size = 2 * radius * view.scale;
      const at = this.hover ?? (peek ? [view.stage.width / 2, view.stage.height / 2] : null);
      const shown = Boolean(picture && at && round && !panning && !comparing && size >= 5);
      this.ring.hidden = !shown;
      const asking = this.canvas.asking ? "progress" : "crosshair";
      this.stage.style.cursor = !picture ? "" : panning ?? (shown && this.hover ? "none" : asking);
      if (!shown) return;
      this.ring.classList.toggle("pc-erasing", this.gesture ? Boolean(this.gesture.erase) : tool === "eraser");
      this.ring.style.width = this.ring.style.height = `${size}px`;
      this.ring.style.transform = `translate(${at[0] - size / 2}px, ${at[1] - size / 2}px)`;
    }

    #drawOutline() {
      const { kind, points } = this.gesture ?? {};
      let path = "";
      if (kind === "lasso" && points.length > 2) path = this.#path(points);
      if (kind === "rectangle" && points.length > 2) {
        const [x0, y0, x1, y1] = points;
        path = this.#path([x0, y0, x1, y0, x1, y1, x0, y1]);
      }
      for (const line of [this.outline, this.outlineBack]) line.setAttribute("d", path);
    }

    #path(points) {
      const { x, y, scale } = this.canvas.view;
      let text = "";
      for (let i = 0; i < points.length; i += 2) {
        text += `${i ? "L" : "M"}${(points[i] * scale + x).toFixed(1)} ${(points[i + 1] * scale + y).toFixed(1)}`;
      }
      return `${text}Z`;
    }
  }

  /** Keys of the whole page, as long as nobody is writing. `held` are keys that act while they are down. */
  function keys(canvas, hand, signal) {
    const once = {
      b: () => canvas.setTool("brush"),
      e: () => canvas.setTool("eraser"),
      l: () => canvas.setTool("lasso"),
      r: () => canvas.setTool("rectangle"),
      w: () => canvas.setTool("select"),
      x: () => canvas.invert(),
      h: () => canvas.toggle(),
      v: () => canvas.wipe(),
      0: () => canvas.fit(),
      1: () => canvas.actual(),
      "[": () => canvas.resizeBrush(1 / 1.15),
      "]": () => canvas.resizeBrush(1.15),
      "-": () => canvas.zoomMiddle(1 / 1.25),
      "+": () => canvas.zoomMiddle(1.25),
      "=": () => canvas.zoomMiddle(1.25),
      backspace: () => canvas.clear(),
      delete: () => canvas.clear(),
    };
    const release = () => {
      hand.space = false;
      canvas.compareBefore(false);
      hand.look();
    };

    function chord(event, key) {
      if (event.altKey || (key !== "z" && key !== "y")) return;
      event.preventDefault();
      if (key === "y" || event.shiftKey) canvas.redoOrLeave();
      else canvas.undoOrLeave();
    }

    function down(event) {
      if (event.defaultPrevented || event.isComposing || !canvas.visible() || typing(event.target)) return;
      const key = event.key.toLowerCase();
      if (event.ctrlKey || event.metaKey) return chord(event, key);
      if (event.altKey) return;
      if (key === "escape") return void hand.cancel();
      if (key === " ") return space(event);
      if (!canvas.picture) return;
      if (key === "c" || key === "\\") return event.repeat ? undefined : canvas.compareBefore(true);
      if (!Object.hasOwn(once, key)) return;
      event.preventDefault();
      once[key]();
    }

    function space(event) {
      if (!canvas.picture || event.target.closest?.(PRESSED)) return;
      event.preventDefault();
      hand.space = true;
      hand.look();
    }

    function up(event) {
      const key = event.key.toLowerCase();
      if (key === "c" || key === "\\") canvas.compareBefore(false);
      if (key === " ") {
        hand.space = false;
        hand.look();
      }
    }

    document.addEventListener("keydown", down, { signal });
    document.addEventListener("keyup", up, { signal });
    window.addEventListener("blur", release, { signal });
  }

  globalThis.PentimentoHand = { Hand, keys };
})();
