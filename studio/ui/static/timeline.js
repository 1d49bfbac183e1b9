/* The timeline: the history as a strip of thumbnails, edges behind them, branch names at the tips.

   `PentimentoTimeline.mount` builds it for Gradio; `PentimentoTimeline.main` is the one on the page. Hovering says
   "pentimento:compare" {image, number} on the window; clicking triggers `checkout`, `branch` and `older`. */
(() => {
  "use strict";
  const { el, svg, address, reveal } = globalThis.PentimentoDom;
  const { layout, neighbour } = globalThis.PentimentoLayout;

  // Lanes overlap in height, as no two versions share a column; edges still pass clear of the thumbnails of other lanes.
  const WIDE = { thumb: 72, column: 96, lane: 46, margin: 12 };
  const CLOSE = { thumb: 56, column: 76, lane: 37, margin: 8 }; // where the page leaves the strip little height
  const NOTHING = { nodes: [], branches: [], hidden: 0 };
  const REST = 250; // ms of hovering before the words are shown

  class Timeline {
    constructor(root, trigger) {
      this.root = root;
      this.trigger = trigger;
      this.items = new Map(); // id -> { node, button, image, place }
      this.edges = new Map(); // id of the child -> path
      this.pills = new Map(); // name of the branch -> button
      this.plan = layout([]);
      this.value = NOTHING;
      this.measure = WIDE;
      this.head = null;
      this.compared = null;
      this.#build();
      this.#listen();
    }

    #build() {
      this.lines = svg("svg", { class: "pt-lines", "aria-hidden": "true" });
      this.list = el("div", { className: "pt-list", role: "listbox", "aria-label": "Versions", "aria-orientation": "horizontal" });
      this.names = el("div", { className: "pt-names", role: "group", "aria-label": "Branches" });
      this.older = el("button", { type: "button", className: "pt-older", hidden: true, onclick: () => this.trigger("older", {}) });
      this.graph = el("div", { className: "pt-graph" }, this.lines, this.list, this.names);
      this.strip = el("div", { className: "pt-strip" }, this.older, this.graph);
      this.empty = el("p", { className: "pt-empty" }, "Every picture you make will line up here.");
      this.tip = el("div", { className: "pt-tip", role: "tooltip", hidden: true });
      this.root.replaceChildren(this.strip, this.empty, this.tip);
    }

    #listen() {
      const id = (event) => event.target.closest?.("[data-id]")?.dataset.id;
      this.list.addEventListener("click", (event) => id(event) && this.#checkout(id(event)));
      this.list.addEventListener("pointerover", (event) => event.pointerType !== "touch" && this.#look(id(event)));
      this.list.addEventListener("pointerleave", () => this.#look(null));
      this.list.addEventListener("focusin", (event) => this.#focused(id(event), event.target));
      this.list.addEventListener("focusout", () => this.#look(null));
      this.list.addEventListener("keydown", (event) => this.#key(event, id(event)));
      this.names.addEventListener("click", (event) => {
        const name = event.target.closest("[data-branch]")?.dataset.branch;
        if (name !== undefined) this.trigger("branch", { name });
      });
      this.strip.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
      this.strip.addEventListener("scroll", () => this.#hideTip(), { passive: true });
      new ResizeObserver(() => this.#resized()).observe(this.root);
    }

    // ---- drawing --------------------------------------------------------------------------------------------------

    /** Takes a new value from Python and changes only what differs. */
    show(sent) {
      this.value = { ...NOTHING, ...sent };
      this.plan = layout(this.value.nodes);
      const none = this.plan.columns === 0;
      this.strip.hidden = none;
      this.empty.hidden = !none;
      this.#drawOlder(this.value.hidden);
      this.#fit();
      this.#draw();
      this.#follow(this.value.nodes.find((node) => node.head)?.id ?? null);
    }

    #draw() {
      const { places } = this.plan;
      this.#drawNodes(places);
      this.#drawEdges(places);
      this.#drawBranches(this.value, places);
    }

    /** Takes the smaller measure where the lanes would not fit otherwise. */
    #fit() {
      const wide = this.#height(WIDE);
      if (this.graph.style.height !== `${wide}px`) this.graph.style.height = `${wide}px`;
      const fits = this.plan.lanes < 2 || this.strip.clientHeight >= wide;
      this.#size(fits ? WIDE : CLOSE);
    }

    #height({ thumb, lane, margin }) {
      return 2 * margin + thumb + Math.max(0, this.plan.lanes - 1) * lane + 8;
    }

    #size(measure) {
      const { thumb, column, margin } = measure;
      const width = 2 * margin + thumb + Math.max(0, this.plan.columns - 1) * column;
      const height = this.#height(measure);
      if (this.measure !== measure) this.root.style.setProperty("--pt-thumb", `${thumb}px`);
      this.measure = measure;
      this.graph.style.width = `${width}px`;
      this.graph.style.height = `${height}px`;
      this.lines.setAttribute("viewBox", `0 0 ${width} ${height}`);
    }

    #resized() {
      const before = this.measure;
      this.#fit();
      if (this.measure !== before) this.#draw();
      this.reach(this.head, true);
    }

    /** Where a version's thumbnail begins. */
    #corner({ column, lane }) {
      const { margin } = this.measure;
      return [margin + column * this.measure.column, margin + lane * this.measure.lane];
    }

    #drawNodes(places) {
      drop(this.items, places, (item) => item.button.remove());
      let before = null;
      for (const [id, place] of places) {
        const item = this.items.get(id) ?? this.#newItem(id);
        this.#drawItem(item, place);
        const next = before ? before.nextSibling : this.list.firstChild;
        if (next !== item.button) this.list.insertBefore(item.button, next);
        before = item.button;
      }
    }

    #newItem(id) {
      const image = el("img", { className: "pt-image", alt: "", draggable: false, loading: "lazy", decoding: "async" });
      const number = el("span", { className: "pt-number" });
      const button = el("button", { type: "button", className: "pt-node", role: "option", tabIndex: -1, "data-id": id }, image, number);
      image.addEventListener("load", () => button.classList.add("pt-loaded"));
      const item = { button, image, number };
      this.items.set(id, item);
      return item;
    }

    #drawItem(item, place) {
      const { node } = place;
      const { button, image, number } = item;
      const [left, top] = this.#corner(place);
      const at = `translate(${left}px, ${top}px)`;
      if (item.at !== at) button.style.transform = item.at = at;
      if (item.source !== node.image) {
        item.source = node.image;
        image.src = address(node.image) ?? "";
      }
      const label = `Version ${node.number}: ${node.words || "no words"}${node.branch ? `, newest of ${node.branch}` : ""}`;
      const state = `${label}|${node.head}|${node.path}`;
      if (item.state === state) return;
      item.state = state;
      number.textContent = String(node.number);
      button.setAttribute("aria-label", label);
      button.setAttribute("aria-selected", String(node.head));
      if (node.head) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      button.classList.toggle("pt-head", node.head);
      button.classList.toggle("pt-aside", !node.path);
    }

    #drawEdges(places) {
      drop(this.edges, places, (path) => path.remove());
      for (const [id, place] of places) {
        const line = this.#edge(place);
        if (!line) continue;
        let path = this.edges.get(id);
        if (!path) {
          path = svg("path");
          this.edges.set(id, path);
          this.lines.append(path);
        }
        const name = place.node.path ? "pt-edge pt-on" : "pt-edge";
        if (path.getAttribute("d") !== line) path.setAttribute("d", line);
        if (path.getAttribute("class") !== name) path.setAttribute("class", name);
      }
    }

    /** From the parent to the child: a bend into the child's lane, then straight on. */
    #edge(place) {
      const { thumb, column } = this.measure;
      const [x, top] = this.#corner(place);
      const y = top + thumb / 2;
      if (!place.parent) return place.node.parent ? `M${x - 16} ${y}H${x}` : null;
      const [left0, top0] = this.#corner(place.parent);
      const x0 = left0 + thumb;
      const y0 = top0 + thumb / 2;
      if (y === y0) return `M${x0} ${y0}H${x}`;
      const bend = left0 + column;
      const middle = (x0 + bend) / 2;
      return `M${x0} ${y0}C${middle} ${y0} ${middle} ${y} ${bend} ${y}H${x}`;
    }

    /** A branch's name hangs on the version it ends with; several on one version stand above each other. */
    #drawBranches({ branches }, places) {
      const shown = new Map(branches.filter((branch) => places.has(branch.tip)).map((branch) => [branch.name, branch]));
      drop(this.pills, shown, (pill) => pill.remove());
      const taken = new Map();
      for (const [name, branch] of shown) {
        const pill = this.pills.get(name) ?? this.#newPill(name);
        const above = taken.get(branch.tip) ?? 0;
        taken.set(branch.tip, above + 1);
        const [left, top] = this.#corner(places.get(branch.tip));
        const { thumb } = this.measure;
        const y = top + thumb - 10 - above * 22;
        pill.style.transform = `translate(${left + thumb / 2}px, ${y}px) translateX(-50%)`;
        pill.classList.toggle("pt-current", branch.current);
        pill.setAttribute("aria-label", branch.current ? `Branch ${name}, the current one` : `Go to branch ${name}`);
      }
    }

    #newPill(name) {
      const pill = el("button", { type: "button", className: "pt-pill", title: name, "data-branch": name }, el("span", {}, name));
      this.pills.set(name, pill);
      this.names.append(pill);
      return pill;
    }

    #drawOlder(hidden) {
      this.older.hidden = !hidden;
      this.older.textContent = `+${hidden.toLocaleString("en")} earlier`;
      this.older.setAttribute("aria-label", `Show older versions; ${hidden} are not shown`);
    }

    /** Keeps the head in sight when it changed, and what Tab leads to. */
    #follow(head) {
      const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.id : null;
      this.#rove(this.items.has(focused) ? focused : head ?? [...this.items.keys()].at(-1));
      if (this.compared && (!this.items.has(this.compared) || this.compared === head)) this.#look(null);
      if (head === this.head) return;
      const first = this.head === null;
      this.head = head;
      requestAnimationFrame(() => this.reach(head, first));
    }

    /** Scrolls a version to the middle of the strip. */
    reach(id, atOnce = false) {
      const place = this.plan.places.get(id);
      if (!place) return;
      const calm = atOnce || matchMedia("(prefers-reduced-motion: reduce)").matches;
      const [left, top] = this.#corner(place);
      const half = this.measure.thumb / 2;
      this.strip.scrollTo({
        left: this.graph.offsetLeft + left + half - this.strip.clientWidth / 2,
        top: top + half - this.strip.clientHeight / 2,
        behavior: calm ? "auto" : "smooth",
      });
    }

    #rove(id) {
      for (const [each, { button }] of this.items) {
        const stop = each === id ? 0 : -1;
        if (button.tabIndex !== stop) button.tabIndex = stop;
      }
    }

    // ---- hand and keys --------------------------------------------------------------------------------------------

    #checkout(id) {
      this.#look(null);
      this.trigger("checkout", { id });
    }

    /** Looks at a version without going there: the canvas shows it, its words appear. Null looks away. */
    #look(id) {
      const item = id ? this.items.get(id) : null;
      const node = item ? this.plan.places.get(id).node : null;
      clearTimeout(this.resting);
      this.#hideTip();
      if (node) this.resting = setTimeout(() => this.#showTip(item.button, node), REST);
      const compared = node && !node.head ? id : null;
      if (compared === this.compared) return;
      this.compared = compared;
      const detail = compared ? { image: node.image, number: node.number, id } : { image: null };
      window.dispatchEvent(new CustomEvent("pentimento:compare", { detail }));
    }

    #focused(id, target) {
      this.#rove(id);
      if (target.matches(":focus-visible")) this.#look(id);
    }

    #key(event, id) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { places } = this.plan;
      const ends = { Home: [...places.keys()][0], End: [...places.keys()].at(-1) };
      const arrow = event.key.startsWith("Arrow");
      if (!arrow && !(event.key in ends)) return;
      event.preventDefault();
      const next = arrow ? neighbour(places, places.get(id), event.key)?.node.id : ends[event.key];
      if (!next) return;
      const { button } = this.items.get(next);
      button.focus({ preventScroll: true });
      this.reach(next);
    }

    /** A plain wheel runs along the strip, and leaves the page alone only while there is strip to run along. */
    #wheel(event) {
      if (event.deltaX || event.shiftKey || event.ctrlKey || !event.deltaY) return;
      const { scrollLeft, scrollWidth, clientWidth } = this.strip;
      const most = scrollWidth - clientWidth;
      const next = Math.max(0, Math.min(most, scrollLeft + event.deltaY * [1, 16, clientWidth][event.deltaMode]));
      if (Math.abs(next - scrollLeft) < 1) return;
      event.preventDefault();
      this.strip.scrollLeft = next;
    }

    #showTip(button, node) {
      const box = button.getBoundingClientRect();
      this.tip.textContent = node.words || "No words";
      this.tip.hidden = false;
      const { width, height } = this.tip.getBoundingClientRect();
      const left = Math.min(innerWidth - width - 8, Math.max(8, box.left + box.width / 2 - width / 2));
      const top = box.top - height - 8 > 8 ? box.top - height - 8 : box.bottom + 8;
      this.tip.style.transform = `translate(${left}px, ${top}px)`;
    }

    #hideTip() {
      this.tip.hidden = true;
    }

    /** For tests and the curious. */
    state() {
      const at = ({ node, column, lane }) => [node.id, { column, lane }];
      return { head: this.head, places: Object.fromEntries([...this.plan.places.values()].map(at)), lanes: this.plan.lanes };
    }
  }

  /** Removes from `have` what is no longer in `keep`. */
  function drop(have, keep, remove) {
    for (const [key, value] of have) {
      if (keep.has(key)) continue;
      remove(value);
      have.delete(key);
    }
  }

  function mount(element, { trigger, props, watch }) {
    const root = element.querySelector("[data-pentimento=timeline]");
    reveal(root, "timeline.css");
    const timeline = new Timeline(root, trigger);
    api.main = timeline;
    timeline.show(props.value);
    watch("value", () => timeline.show(props.value));
  }

  const api = { mount, main: null };
  globalThis.PentimentoTimeline = api;
})();
