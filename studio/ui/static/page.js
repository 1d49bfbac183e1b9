/* The page's own script: which session this is, its pulse, the bar at the top, and small acts.

   The address bar says which session the page is on (`?s=`). The pulse is asked often while a job runs and seldom
   while nothing happens; when it shows that the session changed, Python is asked to show it again. Nothing here knows
   what a session is made of. */
(() => {
  "use strict";
  const { el, svg, typing } = globalThis.PentimentoDom;
  const KNOWN = "pentimento.sessions"; // the keys this browser has been given, newest first
  const THEME = "pentimento.theme";
  const FAST = 200;
  const IDLE = 2000;
  const HIDDEN = 6000;
  const NODES = 80;

  const PATHS = {
    menu: ["M4 6h16", "M4 12h16", "M4 18h10"],
    plus: ["M12 5v14", "M5 12h14"],
    tune: ["M4 7h10", "M18 7h2", "M4 17h2", "M10 17h10", "M16 9.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z", "M8 19.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z"],
    theme: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z", "*M12 4a8 8 0 0 1 0 16Z"],
    undo: ["M8.4 5 4.2 9.2l4.2 4.2", "M4.5 9.2h9.3a5.2 5.2 0 0 1 0 10.4H9"],
    redo: ["m15.6 5 4.2 4.2-4.2 4.2", "M19.5 9.2h-9.3a5.2 5.2 0 0 0 0 10.4H15"],
  };

  function icon(name) {
    const paths = PATHS[name].map((d) => (d[0] === "*" ? svg("path", { d: d.slice(1), fill: "currentColor", stroke: "none" }) : svg("path", { d })));
    return svg("svg", { viewBox: "0 0 24 24", width: 20, height: 20, fill: "none", stroke: "currentColor", "stroke-width": 1.5,
      "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" }, ...paths);
  }

  function button(name, label, onclick, extra = {}) {
    return el("button", { type: "button", className: "pm-icon", title: label, "aria-label": label, onclick, ...extra }, icon(name));
  }

  // ---- what this browser keeps; storage may be forbidden in a frame, then nothing is kept -----------------------------

  function stored(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  }

  function store(name, value) {
    try {
      localStorage.setItem(name, value);
    } catch {
      /* forbidden here */
    }
  }

  function known() {
    try {
      const keys = JSON.parse(stored(KNOWN) ?? "[]");
      return Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : [];
    } catch {
      return [];
    }
  }

  function remember(key) {
    store(KNOWN, JSON.stringify([key, ...known().filter((other) => other !== key)].slice(0, 100)));
  }

  // ---- which session ----------------------------------------------------------------------------------------------

  const page = { told: null, trigger: null, beat: null, nodes: NODES, mine: null, asked: false, seen: "", note: "" };

  function keyInAddress() {
    return new URLSearchParams(location.search).get("s");
  }

  function key() {
    return keyInAddress() ?? page.told?.key ?? known()[0] ?? "";
  }

  function setAddress(next, push) {
    const url = new URL(location.href);
    if (url.searchParams.get("s") === next) return;
    url.searchParams.set("s", next);
    history[push ? "pushState" : "replaceState"](null, "", url);
  }

  function where() {
    const writing = document.querySelector("#message textarea")?.value;
    return { key: key(), nodes: page.nodes, mine: writing ? null : page.mine };
  }

  /** As `where`, when a message goes off: until it is answered the page counts as busy. */
  function saying() {
    setTab("notebook");
    return { ...where(), ...globalThis.PentimentoModel?.chosen() };
  }

  function older() {
    page.nodes += NODES;
    return where();
  }

  function act(name, about = {}) {
    page.trigger?.("act", { act: name, ...about });
  }

  // ---- the pulse --------------------------------------------------------------------------------------------------

  const sign = (told) => `${told.revision}|${told.job ?? ""}`;
  const jobSign = (job) => (job ? `${job.id}:${job.state}` : null);
  const active = (job) => job?.state === "queued" || job?.state === "running";

  function beatIn(delay) {
    clearTimeout(page.timer);
    page.timer = setTimeout(beat, delay);
  }

  async function beat() {
    const asked = page.told?.key;
    let next = IDLE;
    if (asked) {
      try {
        const answer = await fetch(new URL(`studio/pulse/${encodeURIComponent(asked)}`, document.baseURI), { cache: "no-store" });
        if (answer.ok) next = hear(asked, await answer.json());
        else if (answer.status === 401) location.reload();
        offline(false);
      } catch {
        offline(true);
      }
    }
    beatIn(document.hidden ? Math.max(next, active(page.beat?.job) ? 1000 : HIDDEN) : next);
  }

  /** What the pulse says; how long to wait for the next one. */
  function hear(asked, heard) {
    if (asked !== page.told.key) return FAST;
    page.beat = heard;
    drawModel(heard.model);
    drawJob(heard.job);
    const now = `${heard.revision}|${jobSign(heard.job) ?? ""}`;
    if (now !== sign(page.told)) refresh(now);
    return active(heard.job) || heard.job?.state === "looking" || page.asked ? FAST : IDLE;
  }

  /** Asks Python once for each change; asks again if no answer came within a while. */
  function refresh(now) {
    const again = performance.now() - (page.askedAt ?? -1e9) > 4000;
    if (page.asked && page.wanted === now && !again) return;
    page.asked = true;
    page.wanted = now;
    page.askedAt = performance.now();
    page.trigger?.("refresh", {});
  }

  function offline(is) {
    if (page.offline === is) return;
    page.offline = is;
    document.body.classList.toggle("pm-offline", is);
    draw();
  }

  // ---- what is shown of a job -----------------------------------------------------------------------------------

  function drawJob(job) {
    const busy = active(job);
    document.body.classList.toggle("pm-busy", busy);
    page.note = busy ? sentence(job) : "";
    page.share = busy && job.state === "running" && job.steps ? share(job) : null;
    preview(busy ? job : null);
    draw();
  }

  function share(job) {
    const done = job.step / job.steps;
    return job.turns > 1 ? (job.turn - 1 + done) / job.turns : done;
  }

  function sentence(job) {
    if (job.state === "queued") {
      if (!page.beat.model.ready) return "The model is loading";
      return job.position > 0 ? `Waiting, ${job.position} before this` : "Starting";
    }
    const replay = job.turns > 1 ? `Cell ${job.turn} of ${job.turns}` : "";
    const step = job.steps ? `step ${job.step} of ${job.steps}` : "";
    const text = [replay, step].filter(Boolean).join(", ");
    return (text && text[0].toUpperCase() + text.slice(1)) || (page.beat.model.ready ? "Drawing" : "The model is loading");
  }

  /** The picture as it forms, on the canvas, without asking Python to show the session again. */
  function preview(job) {
    const canvas = globalThis.PentimentoCanvas?.main;
    if (!canvas || !job) return;
    const now = { busy: true, preview: job.preview ?? canvas.value.preview, progress: page.share };
    const same = canvas.value.busy && canvas.value.preview === now.preview && canvas.value.progress === now.progress;
    if (!same) canvas.show({ ...canvas.value, ...now });
  }

  function draw() {
    const status = document.querySelector(".pm-status");
    const text = page.offline ? "The studio does not answer. What is on the page is kept there." : page.toast || page.note || "";
    if (status) {
      status.hidden = !text;
      status.firstChild.textContent = text;
      const bar = status.lastChild;
      bar.hidden = typeof page.share !== "number";
      if (!bar.hidden) bar.value = page.share;
    }
    // Gradio labels these with the kind of their component; without it the words themselves are read out.
    for (const row of document.querySelectorAll("#notebook [data-testid=bot][aria-label]")) row.removeAttribute("aria-label");
    const live = document.querySelector("#notebook .cell.pending .live");
    const reply = page.beat?.job?.reply;
    if (live && reply) live.textContent = reply;
  }

  function toast(text) {
    page.toast = text;
    draw();
    clearTimeout(page.toastTimer);
    page.toastTimer = setTimeout(() => {
      page.toast = "";
      draw();
    }, 6000);
  }

  // ---- the bar ------------------------------------------------------------------------------------------------------

  function build(root) {
    const name = el("input", {
      className: "pm-name", type: "text", maxLength: 80, spellcheck: false, "aria-label": "Name of this session", autocomplete: "off",
      onkeydown: (event) => {
        if (event.key === "Enter") name.blur();
        if (event.key === "Escape") {
          name.value = page.told?.name ?? "";
          name.blur();
        }
      },
      onchange: () => (name.value.trim() ? act("rename", { name: name.value }) : (name.value = page.told?.name ?? "")),
    });
    const menu = el("div", { className: "pm-menu", hidden: true, role: "menu" });
    const opener = button("menu", "Sessions", () => toggleMenu(), { "aria-haspopup": "menu", "aria-expanded": "false" });
    const model = el("button", { type: "button", className: "pm-model", onclick: () => toggleSide() });
    const side = button("tune", "Model, seed, references, export", () => toggleSide(), { "aria-expanded": "false" });
    const tabs = el("nav", { className: "pm-tabs", "aria-label": "Parts of the page" },
      ...[["notebook", "Notebook"], ["history", "Timeline"]].map(([id, label]) =>
        el("button", { type: "button", "data-tab": id, onclick: () => setTab(id) }, label)));
    root.replaceChildren(
      el("div", { className: "pm-left" }, opener, el("span", { className: "pm-mark" }, "Pentimento"), name),
      el("div", { className: "pm-right" }, el("span", { role: "status" }, model),
        button("undo", "Undo (Ctrl+Z)", () => act("undo")), button("redo", "Redo (Ctrl+Y)", () => act("redo")),
        button("plus", "New session", () => act("new")), button("theme", "Light or dark", toggleTheme), side),
      menu);
    document.getElementById("left")?.before(tabs);
    Object.assign(page, { name, menu, opener, model, side, tabs });
    setTab("notebook");
  }

  function drawModel(state) {
    if (!state || !page.model) return;
    const coming = state.changing ? state.saying || `${state.changing}, loading` : "";
    const text = state.damage || coming || state.fault || (state.ready ? state.model : `${state.model}, loading`);
    if (page.refused !== undefined && state.refused && state.refused !== page.refused) toast(state.refused);
    page.refused = state.refused;
    page.model.textContent = text;
    page.model.title = text;
    page.model.classList.toggle("loading", Boolean(state.changing) || (!state.ready && !state.fault));
    page.model.classList.toggle("fault", Boolean((state.fault && !state.changing) || state.damage));
    globalThis.PentimentoModel?.hear(state);
  }

  /** What Python says about the session it has just shown. */
  function show(told) {
    if (!told?.key) return;
    const first = !page.told;
    const moved = !first && told.key !== page.told.key;
    page.told = told;
    page.asked = false;
    setAddress(told.key, moved);
    remember(told.key);
    if (moved) Object.assign(page, { nodes: NODES, mine: null, beat: null });
    if (told.sent) page.mine = told.cleared ? told.sent : null;
    if (told.toast) toast(told.toast);
    if (!first && told.job !== page.job && told.job?.endsWith(":stopped")) toast("Stopped. Nothing was lost.");
    page.job = told.job;
    if (document.activeElement !== page.name) page.name.value = told.name;
    document.title = told.name === "Untitled" ? "Pentimento" : `${told.name} · Pentimento`;
    const running = /:(queued|running)$/.test(told.job ?? "");
    document.body.classList.toggle("pm-busy", running);
    document.body.classList.add("pm-ready");
    if (!running) Object.assign(page, { note: "", share: null });
    draw();
    beatIn(running || first ? 50 : IDLE);
  }

  // ---- sessions -----------------------------------------------------------------------------------------------------

  async function toggleMenu(open = page.menu.hidden) {
    page.menu.hidden = !open;
    page.opener.setAttribute("aria-expanded", String(open));
    if (!open) return;
    const answer = await fetch(new URL("studio/sessions", document.baseURI), {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(known()),
    });
    const rows = answer.ok ? await answer.json() : [];
    const items = rows.filter((row) => row.pictures || row.key === page.told.key).map(item);
    page.menu.replaceChildren(
      el("button", { type: "button", className: "pm-item new", role: "menuitem", onclick: () => { toggleMenu(false); act("new"); } },
        el("span", { className: "pm-cover" }, icon("plus")), el("b", {}, "New session")),
      ...items);
    page.menu.querySelector("button")?.focus();
  }

  function item(row) {
    const cover = el("span", { className: "pm-cover" });
    if (row.cover) cover.append(el("img", { src: row.cover, alt: "", loading: "lazy" }));
    const count = row.pictures === 1 ? "1 picture" : `${row.pictures} pictures`;
    return el("button", {
      type: "button", className: "pm-item", role: "menuitem", "aria-current": String(row.key === page.told.key),
      onclick: () => { toggleMenu(false); open(row.key); },
    }, cover, el("b", {}, row.name), el("span", {}, count));
  }

  function open(next) {
    if (next === page.told?.key) return;
    setAddress(next, true);
    page.trigger?.("arrive", {});
  }

  // ---- looks --------------------------------------------------------------------------------------------------------

  function toggleSide(open = !document.body.classList.contains("pm-side")) {
    document.body.classList.toggle("pm-side", open);
    page.side.setAttribute("aria-expanded", String(open));
    if (open) globalThis.PentimentoModel?.opened();
  }

  function toggleTheme() {
    const dark = document.body.classList.toggle("dark");
    store(THEME, dark ? "dark" : "light");
  }

  function restoreTheme() {
    const asked = new URLSearchParams(location.search).get("__theme");
    const wanted = asked ?? stored(THEME);
    if (wanted) document.body.classList.toggle("dark", wanted === "dark");
  }

  function setTab(tab) {
    document.body.dataset.tab = tab;
    page.tabs?.querySelectorAll("button").forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.tab === tab)));
  }

  // ---- handing in pictures --------------------------------------------------------------------------------------------

  /** Puts a file into the message box, as if it had been chosen there. */
  function attach(file) {
    const input = document.querySelector("#message input[type=file]");
    if (!input) return false;
    const files = new DataTransfer();
    files.items.add(file);
    input.files = files.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }

  /** A picture dropped on the canvas: the first one becomes the canvas, a later one waits for words in the box. */
  async function dropped(file) {
    const empty = !globalThis.PentimentoCanvas?.main?.value.image;
    const box = document.querySelector("#message textarea");
    if (!attach(file)) return;
    if (!empty || box?.value) return box?.focus();
    for (let i = 0; i < 300; i++) {
      await new Promise((done) => setTimeout(done, 100));
      const loaded = document.querySelector("#message .thumbnail-item img, #message [data-testid=thumbnail-image]");
      const send = document.querySelector("#message .submit-button");
      if (loaded && send && !send.disabled) return send.click();
    }
  }

  async function attachStored(url) {
    const answer = await fetch(new URL(url, document.baseURI));
    if (!answer.ok) return toast("That picture cannot be read any more.");
    attach(new File([await answer.blob()], "reference.png", { type: "image/png" }));
    document.querySelector("#message textarea")?.focus();
  }

  // ---- listening --------------------------------------------------------------------------------------------------------

  /** Acts that are the browser's own; all others are asked of Python. */
  const LOCAL = {
    attach: (data) => attachStored(data.picture),
    keepseed: (data) => setField("#seed textarea, #seed input", data.seed),
  };

  function setField(selector, value) {
    const field = document.querySelector(selector);
    if (!field) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.blur();
  }

  function clicked(event) {
    const target = event.target instanceof Element ? event.target.closest("[data-act]") : null;
    if (target) {
      const { act: name, ...about } = target.dataset;
      if ("take" in about) about.take = Number(about.take);
      (LOCAL[name] ?? ((data) => act(name, data)))(about);
    } else if (page.menu && !page.menu.hidden && !page.menu.contains(event.target) && !page.opener.contains(event.target)) {
      toggleMenu(false);
    }
  }

  function pressed(event) {
    if (event.key === "Escape" && page.menu && !page.menu.hidden) {
      toggleMenu(false);
      page.opener.focus();
    }
    const cell = event.target instanceof HTMLTextAreaElement ? event.target.closest("#notebook .message-row") : null;
    const wanted = { Enter: event.shiftKey ? "" : "Submit", Escape: "Cancel" }[event.key];
    if (cell && wanted && !event.isComposing) {
      event.preventDefault();
      cell.querySelector(`button[aria-label=${wanted}]`)?.click();
    }
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !typing(event.target)) {
      event.preventDefault();
      document.querySelector("#message textarea")?.focus();
    }
  }

  function listen() {
    document.addEventListener("click", clicked);
    document.addEventListener("keydown", pressed);
    document.addEventListener("visibilitychange", () => document.hidden || beatIn(0));
    window.addEventListener("popstate", () => page.trigger?.("arrive", {}));
    window.addEventListener("pentimento:undo", () => act("undo"));
    window.addEventListener("pentimento:redo", () => act("redo"));
    window.addEventListener("pentimento:say", (event) => toast(event.detail.text));
    window.addEventListener("pentimento:drop", (event) => dropped(event.detail.file));
  }

  function mount(element, { trigger, props, watch }) {
    page.trigger = trigger;
    build(element.querySelector(".pm-bar"));
    restoreTheme();
    if (!page.listening) listen();
    page.listening = true;
    show(props.value);
    watch("value", () => show(props.value));
    beatIn(IDLE);
    setTimeout(() => page.told || page.trigger("arrive", {}), 4000);
  }

  /** For tests and the curious. */
  const state = () => ({ key: page.told?.key, revision: page.told?.revision, job: page.told?.job, busy: document.body.classList.contains("pm-busy") });

  globalThis.Pentimento = { mount, where, saying, older, state, open, beat: () => beatIn(0) };
})();
