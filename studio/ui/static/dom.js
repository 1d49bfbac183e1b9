/* What both components need of the page: building elements without HTML text, line icons, addresses, typing. */
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";

  // Each icon is a list of paths on a 24 x 24 grid; a leading "*" fills the path instead of stroking it.
  const ICONS = {
    brush: ["M20.2 3.8a1.6 1.6 0 0 0-2.3 0l-7.6 8.1 2.6 2.6 7.3-8.4a1.6 1.6 0 0 0 0-2.3Z",
      "M10.3 11.9c-2.6-.5-4.3 1-4.7 3.1-.3 1.8-.4 3.3-2.1 4.4 4.9 1.1 8.6-.6 9.4-4.9"],
    eraser: ["M8.8 19.5 4 14.7a1.6 1.6 0 0 1 0-2.3L12.4 4a1.6 1.6 0 0 1 2.3 0l5.3 5.3a1.6 1.6 0 0 1 0 2.3l-7.9 7.9Z",
      "m8.2 8.2 7.6 7.6", "M12.1 19.5h8"],
    lasso: ["M9.6 15.6c.8.1 1.6.2 2.4.2 5 0 8.6-2.5 8.6-5.8S17 4.2 12 4.2 3.4 6.7 3.4 10c0 1.7 1 3.2 2.6 4.2",
      "M9.4 15.8a1.9 1.9 0 1 1-3.8 0 1.9 1.9 0 0 1 3.8 0Z", "M7.2 17.7c.2 1.3-.4 2.3-1.6 2.9"],
    rectangle: ["M4 8V6.2A1.7 1.7 0 0 1 5.7 4.5H8", "M16 4.5h2.3A1.7 1.7 0 0 1 20 6.2V8",
      "M20 16v1.8a1.7 1.7 0 0 1-1.7 1.7H16", "M8 19.5H5.7A1.7 1.7 0 0 1 4 17.8V16",
      "M11 4.5h2", "M11 19.5h2", "M4 11v2", "M20 11v2"],
    select: ["m4.6 19.4 9.2-9.2", "m11.6 8 4.4 4.4", "M17.2 3.6v3.2", "M15.6 5.2h3.2", "M8.6 3.8v2.6", "M7.3 5.1h2.6",
      "M20 12.6v2.6", "M18.7 13.9h2.6"],
    undo: ["M8.4 5 4.2 9.2l4.2 4.2", "M4.5 9.2h9.3a5.2 5.2 0 0 1 0 10.4H9"],
    redo: ["m15.6 5 4.2 4.2-4.2 4.2", "M19.5 9.2h-9.3a5.2 5.2 0 0 0 0 10.4H15"],
    invert: ["M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0Z", "*M12 4a8 8 0 0 1 0 16Z"],
    eye: ["M2.8 12S6 5.8 12 5.8 21.2 12 21.2 12 18 18.2 12 18.2 2.8 12 2.8 12Z",
      "M14.7 12a2.7 2.7 0 1 1-5.4 0 2.7 2.7 0 0 1 5.4 0Z"],
    hidden: ["M9.8 6.1A9 9 0 0 1 12 5.8c6 0 9.2 6.2 9.2 6.2a16 16 0 0 1-2.5 3.4",
      "M6.3 7.6A15 15 0 0 0 2.8 12S6 18.2 12 18.2a9 9 0 0 0 4.7-1.4", "m4 4 16 16"],
    clear: ["M4.8 7h14.4", "M9.3 7V5.2a1 1 0 0 1 1-1h3.4a1 1 0 0 1 1 1V7", "m6.7 7 .8 11.3a1.5 1.5 0 0 0 1.5 1.4h6a1.5 1.5 0 0 0 1.5-1.4L17.3 7"],
    compare: ["M5.7 4.5h12.6A1.7 1.7 0 0 1 20 6.2v11.6a1.7 1.7 0 0 1-1.7 1.7H5.7A1.7 1.7 0 0 1 4 17.8V6.2a1.7 1.7 0 0 1 1.7-1.7Z",
      "*M12 4.5H5.7A1.7 1.7 0 0 0 4 6.2v11.6a1.7 1.7 0 0 0 1.7 1.7H12Z"],
    wipe: ["M12 3.8v16.4", "M8.2 8.5 4.7 12l3.5 3.5", "m15.8 8.5 3.5 3.5-3.5 3.5"],
    minus: ["M6 12h12"],
    plus: ["M6 12h12", "M12 6v12"],
    fit: ["M4 8.8V6.2a1.7 1.7 0 0 1 1.7-1.7h2.6", "M15.7 4.5h2.6A1.7 1.7 0 0 1 20 6.2v2.6",
      "M20 15.2v2.6a1.7 1.7 0 0 1-1.7 1.7h-2.6", "M8.3 19.5H5.7A1.7 1.7 0 0 1 4 17.8v-2.6"],
    picture: ["M5.7 4.5h12.6A1.7 1.7 0 0 1 20 6.2v11.6a1.7 1.7 0 0 1-1.7 1.7H5.7A1.7 1.7 0 0 1 4 17.8V6.2a1.7 1.7 0 0 1 1.7-1.7Z",
      "m4.3 17 4.5-4.7a1.5 1.5 0 0 1 2.2 0l5.8 6.4", "m14.2 15.3 1.6-1.7a1.5 1.5 0 0 1 2.2 0l1.9 2",
      "M16.8 8.9a1.3 1.3 0 1 1-2.6 0 1.3 1.3 0 0 1 2.6 0Z"],
  };

  /** An element with properties, attributes (`aria-*`, `data-*`, `role`) and children; strings become text, never HTML. */
  function el(tag, settings = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(settings)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (name in node && !name.includes("-")) node[name] = value;
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  function svg(tag, attributes = {}, ...children) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function icon(name) {
    const paths = ICONS[name].map((d) => (d[0] === "*"
      ? svg("path", { d: d.slice(1), fill: "currentColor", stroke: "none" })
      : svg("path", { d })));
    return svg("svg", {
      viewBox: "0 0 24 24", width: 20, height: 20, fill: "none", stroke: "currentColor", "stroke-width": 1.5,
      "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
    }, ...paths);
  }

  /** The address of a picture, resolved against the page; null for anything that is not on this page's own host. */
  function address(text) {
    if (!text) return null;
    const url = new URL(text, document.baseURI);
    const own = url.origin === new URL(document.baseURI).origin || ["data:", "blob:"].includes(url.protocol);
    return own ? url.href : null;
  }

  /** Whether keys belong to a field the person is writing in. */
  function typing(target) {
    if (!(target instanceof HTMLElement)) return false;
    if (target.isContentEditable || target.matches("textarea, select")) return true;
    return target.matches("input:not([type=range], [type=checkbox], [type=radio], [type=button])");
  }

  /** Shows `root` once the style sheet `file` applies: Gradio awaits scripts but not style sheets. */
  function reveal(root, file) {
    const sheet = [...document.querySelectorAll("link[rel=stylesheet]")].find((link) => link.href.includes(`/${file}`));
    if (!sheet || sheet.sheet) return;
    root.style.visibility = "hidden";
    const show = () => root.style.removeProperty("visibility");
    sheet.addEventListener("load", show, { once: true });
    sheet.addEventListener("error", show, { once: true });
    setTimeout(show, 2000);
  }

  globalThis.PentimentoDom = { el, svg, icon, address, typing, reveal };
})();
