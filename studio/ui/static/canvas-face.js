/* How the canvas's state looks: texts, buttons, and where everything lies. Reads the canvas, changes only its elements. */
(() => {
  "use strict";

  /** Brings buttons and texts in line with the state. */
  function draw(canvas) {
    const { value, mask, picture, view, root } = canvas;
    const busy = Boolean(value.busy);
    canvas.bar.draw({
      tool: canvas.tool, radius: canvas.radius, most: canvas.most, hidden: canvas.hidden, picture,
      undoable: mask.past.length > 0, redoable: mask.future.length > 0, painted: mask.count > 0,
      selects: Boolean(value.select),
    });
    canvas.foot.draw({
      about: about(canvas), share: covered(canvas), before: Boolean(value.before) && picture,
      comparing: Boolean(canvas.comparing?.before), wiping: canvas.wiping !== null, zoom: view.percent(),
      fitted: view.fitted, picture,
    });
    root.classList.toggle("pc-has-picture", picture);
    root.classList.toggle("pc-busy", busy);
    canvas.emptyText.textContent = value.empty;
    canvas.emptyBox.hidden = picture || busy;
    canvas.paper.setAttribute("aria-label", value.alt || (value.number ? `Version ${value.number}` : "Picture"));
    drawProgress(canvas.progress, busy, value.progress);
  }

  function about({ picture, value: { number, width, height } }) {
    if (!picture) return "";
    return `${number ? `Version ${number} · ` : ""}${width} × ${height}`;
  }

  /** How much of the picture the mask covers, in words. */
  function covered({ mask: { count, pixels }, hidden }) {
    if (!count) return "";
    const percent = (100 * count) / pixels;
    const share = percent < 0.1 ? "under 0.1" : percent.toFixed(percent < 10 ? 1 : 0);
    return `Mask ${share}%${hidden ? ", hidden" : ""}`;
  }

  /** A thin line that fills up, or runs when nobody knows how far it is. */
  function drawProgress(node, busy, share) {
    const known = typeof share === "number";
    node.hidden = !busy;
    node.classList.toggle("pc-known", known);
    node.style.setProperty("--share", known ? String(share) : "");
    if (known) node.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    else node.removeAttribute("aria-valuenow");
  }

  /** Puts the picture and what lies over it where the view says. */
  function lay(canvas) {
    const { view, paper, over, layers, comparing, picture } = canvas;
    paper.hidden = !picture && layers.preview.node.hidden;
    over.hidden = !picture;
    for (const node of [paper, over]) {
      node.style.transform = `translate(${view.x}px, ${view.y}px)`;
      node.style.width = `${view.width * view.scale}px`;
      node.style.height = `${view.height * view.scale}px`;
      node.classList.toggle("pc-close", view.close());
    }
    canvas.compareBox.hidden = !comparing || layers.compare.node.hidden;
    canvas.overlay.hidden = canvas.hidden || Boolean(comparing);
    canvas.chip.textContent = remark(canvas);
    canvas.chip.hidden = !canvas.chip.textContent;
    layWipe(canvas);
  }

  /** What has to be said on the picture itself: that it is another one, or that it is not there. */
  function remark({ comparing, picture, layers }) {
    if (comparing) return comparing.before ? "Before" : comparing.number ? `Version ${comparing.number}` : "";
    return picture && layers.picture.failed ? "This picture did not load." : "";
  }

  function layWipe({ wiping, picture, wipeBox, handle, view }) {
    wipeBox.hidden = handle.hidden = wiping === null || !picture;
    if (handle.hidden) return;
    wipeBox.style.clipPath = `inset(0 ${100 * (1 - wiping)}% 0 0)`;
    handle.style.transform = `translateX(${view.x + view.width * view.scale * wiping}px)`;
    handle.setAttribute("aria-valuenow", String(Math.round(100 * wiping)));
  }

  globalThis.PentimentoFace = { draw, lay };
})();
