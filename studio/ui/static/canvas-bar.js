/* The canvas's buttons: which there are, what they say, and how they look pressed. What they do is handed in. */
(() => {
  "use strict";
  const { el, icon } = globalThis.PentimentoDom;

  const TOOLS = [
    ["brush", "Brush", "B"],
    ["eraser", "Eraser", "E"],
    ["lasso", "Lasso", "L"],
    ["rectangle", "Rectangle", "R"],
    ["select", "Select a thing", "W"],
  ];
  const STEPS = 1000; // of the size slider

  /** One button; `key` is the shortcut shown in its title and announced to a screen reader. */
  function button(name, label, key, act, picture = name) {
    return el("button", {
      type: "button", className: "pc-button", title: key ? `${label} (${key})` : label, "aria-label": label,
      "aria-keyshortcuts": key ? key.replaceAll(" or ", " ").replace("Ctrl", "Control") : "",
      "data-name": name, onclick: act,
    }, icon(picture));
  }

  const group = (label, ...children) => el("div", { className: "pc-group", role: "group", "aria-label": label }, ...children);

  /** The bar above the picture: tools, size, and what can be done to the mask. */
  function toolbar(act) {
    const tools = new Map(TOOLS.map(([name, label, key]) => {
      const tool = button(name, label, key, () => act.tool(name));
      return [name, tool];
    }));
    const size = sizeSlider(act);
    const undo = button("undo", "Undo stroke", "Ctrl+Z", act.undo);
    const redo = button("redo", "Redo stroke", "Ctrl+Y", act.redo);
    const invert = button("invert", "Invert mask", "X", act.invert);
    const show = button("show", "Hide mask", "H", act.toggle, "eye");
    const clear = button("clear", "Clear mask", "Delete", act.clear);
    const bar = el("div", { className: "pc-bar", role: "group", "aria-label": "Mask tools" },
      group("Tools", ...tools.values()), size.box, group("Mask", undo, redo, invert, show, clear));

    /** Brings every button in line with the state of the canvas. */
    function draw({ tool, radius, most, hidden, undoable, redoable, painted, picture, selects }) {
      for (const [name, node] of tools) {
        node.setAttribute("aria-pressed", String(name === tool));
        node.disabled = !picture || (name === "select" && !selects);
      }
      size.draw(radius, most, picture && (tool === "brush" || tool === "eraser"));
      undo.disabled = !undoable;
      redo.disabled = !redoable;
      invert.disabled = !picture;
      clear.disabled = !painted;
      show.disabled = !picture;
      setShown(show, hidden);
    }
    return { bar, draw };
  }

  function setShown(show, hidden) {
    const label = hidden ? "Show mask" : "Hide mask";
    show.title = `${label} (H)`;
    show.setAttribute("aria-label", label);
    show.setAttribute("aria-pressed", String(hidden));
    if (show.dataset.hidden === String(hidden)) return;
    show.dataset.hidden = String(hidden);
    show.replaceChildren(icon(hidden ? "hidden" : "eye"));
  }

  /** The slider runs evenly in the size's logarithm: fine steps for small brushes, long ones for large. */
  function sizeSlider(act) {
    let most = 2;
    const input = el("input", {
      type: "range", min: 0, max: STEPS, className: "pc-size", title: "Brush size ([ and ])", "aria-label": "Brush size",
      oninput: () => act.radius(Math.exp((input.value / STEPS) * Math.log(most))),
      onchange: () => act.sized(),
    });
    const text = el("output", { className: "pc-size-text" });
    const box = el("div", { className: "pc-group pc-sizes" }, input, text);
    function draw(radius, largest, enabled) {
      most = Math.max(2, largest);
      const diameter = `${Math.round(2 * radius)} px`;
      input.value = String(Math.round((Math.log(radius) / Math.log(most)) * STEPS));
      input.style.setProperty("--filled", `${input.value / (STEPS / 100)}%`);
      input.disabled = !enabled;
      input.setAttribute("aria-valuetext", diameter);
      text.value = enabled ? diameter : "";
    }
    return { box, draw };
  }

  /** The line below the picture: what it is, before and after, and the zoom. */
  function footer(act) {
    const caption = el("span", { className: "pc-caption" });
    const covered = el("span", { className: "pc-covered" });
    const compare = button("compare", "Hold to see before", "C or \\", () => {});
    const wipe = button("wipe", "Wipe between before and after", "V", act.wipe);
    const percent = el("button", {
      type: "button", className: "pc-button pc-percent", title: "Actual size (1)", "aria-keyshortcuts": "1",
      "data-name": "actual", onclick: act.actual,
    });
    const zoomOut = button("out", "Zoom out", "-", act.out, "minus");
    const zoomIn = button("in", "Zoom in", "+", act.in, "plus");
    const fit = button("fit", "Fit", "0", act.fit);
    hold(compare, act.compare);
    const bar = el("div", { className: "pc-foot" },
      el("div", { className: "pc-about" }, caption, covered),
      group("Before and after", compare, wipe), group("Zoom", zoomOut, percent, zoomIn, fit));

    function draw({ about, share, before, comparing, wiping, zoom, fitted, picture }) {
      caption.textContent = about;
      covered.textContent = share;
      compare.disabled = wipe.disabled = !before;
      compare.setAttribute("aria-pressed", String(comparing));
      wipe.setAttribute("aria-pressed", String(wiping));
      percent.textContent = picture ? `${zoom}%` : "";
      percent.setAttribute("aria-label", `Actual size; now ${zoom}%`);
      fit.setAttribute("aria-pressed", String(fitted && picture));
      for (const node of [zoomOut, percent, zoomIn, fit]) node.disabled = !picture;
    }
    return { bar, draw };
  }

  /** A button that acts while it is held, by pointer or by Space and Enter. */
  function hold(node, act) {
    const on = () => act(true);
    const off = () => act(false);
    node.addEventListener("pointerdown", (event) => {
      node.setPointerCapture(event.pointerId);
      on();
    });
    for (const name of ["pointerup", "pointercancel", "blur"]) node.addEventListener(name, off);
    node.addEventListener("contextmenu", (event) => event.preventDefault());
    node.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) on();
    });
    node.addEventListener("keyup", off);
  }

  globalThis.PentimentoBar = { toolbar, footer };
})();
