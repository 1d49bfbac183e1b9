/* The model panel: which model draws and what else there is, and how to draw: steps, guidance, size, LoRAs, pictures to
   keep to. All of it may be left alone: an empty field means as the model has it.

   What the model can be given comes with the pulse (`hear`), what there is to choose from `studio/models` once the side
   is open. What is set stays in this browser's tab, for each model by itself, and goes along with every message
   (`chosen`). Python checks it all. */
(() => {
  "use strict";
  const { el, icon } = globalThis.PentimentoDom;
  const KEPT = "pentimento.drawing";
  const FIELDS = [
    ["steps", "Steps", (card) => card.steps],
    ["guidance", "Guidance", (card) => card.guidance],
    ["width", "Width", (card) => card.size],
    ["height", "Height", (card) => card.size],
  ];
  const OWN = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;

  const panel = { state: null, offered: null, chosen: null, words: "", set: kept(), accepted: new Set(), shape: "" };

  // ---- what is kept in this tab; storage may be forbidden in a frame, then it is kept while the page is open ------------

  function kept() {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") ?? {};
    } catch {
      return {};
    }
  }

  function keep() {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(panel.set));
    } catch {
      /* forbidden here */
    }
    mark();
  }

  /** What is set for the model that draws: fields, LoRAs by name, and by session the pictures to keep to. */
  function mine() {
    return (panel.set[panel.state?.model] ??= { fields: {}, loras: {}, controls: {} });
  }

  function controls() {
    return (mine().controls[globalThis.Pentimento.state().key] ??= {});
  }

  /** What goes along with a message: only what the model that draws can be given. */
  function chosen() {
    const card = panel.state?.card;
    if (!card) return {};
    const fields = FIELDS.filter(([name, , usual]) => usual(card) != null && mine().fields[name]);
    const settings = Object.fromEntries(fields.map(([name]) => [name, mine().fields[name]]));
    const loras = card.loras ? fitting().filter((one) => one.name in mine().loras) : [];
    if (Object.values(card.controls).some(Boolean) && mine().fields.control_strength) settings.control_strength = mine().fields.control_strength;
    if (card.faster && mine().fields.speed) settings.speed = "fast";
    if (loras.length) settings.loras = Object.fromEntries(loras.map((one) => [one.name, mine().loras[one.name] || one.weight]));
    const pictures = Object.entries(controls()).filter(([kind]) => kind in card.controls);
    return { settings, controls: Object.fromEntries(pictures) };
  }

  // ---- asking the server ----------------------------------------------------------------------------------------------

  async function answered(path, options) {
    const answer = await fetch(new URL(path, document.baseURI), { cache: "no-store", ...options });
    if (!answer.ok) throw new Error(answer.status < 500 ? await answer.text() : "The studio made a mistake. Nothing was lost.");
    return answer.json();
  }

  async function look() {
    try {
      panel.offered = await answered("studio/models");
      panel.wrong = "";
    } catch (error) {
      panel.wrong = error.message;
    }
    draw();
  }

  async function act(name, model) {
    panel.wrong = "";
    try {
      await answered(`studio/model/${name}`, { method: "POST", body: JSON.stringify({ name: model }) });
      if (name === "accept") panel.accepted.add(model);
      if (name === "use") fold(false);
    } catch (error) {
      panel.wrong = error.message;
    }
    globalThis.Pentimento.beat();
    if (name === "accept") await look();
    else draw();
  }

  async function put(kind, file) {
    panel.wrong = "";
    const key = encodeURIComponent(globalThis.Pentimento.state().key);
    try {
      const made = await answered(`studio/control/${key}/${kind}/upload`, { method: "POST", body: file });
      controls()[kind] = made.digest;
      keep();
    } catch (error) {
      panel.wrong = error.message;
    }
    draw();
  }

  // ---- the model --------------------------------------------------------------------------------------------------------

  function build(root) {
    const current = el("button", {
      type: "button", className: "pm-current", "aria-expanded": "false", "aria-controls": "pm-models", onclick: () => fold(),
    }, el("b"), el("span", { className: "soft" }), el("i", { "aria-hidden": "true" }));
    const progress = el("div", { className: "pm-progress", role: "status" },
      el("span", { className: "soft" }), el("progress", { max: 1, "aria-label": "How far the model is" }),
      el("button", { type: "button", className: "quiet", onclick: () => act("halt", "") }, "Stop"));
    const wrong = el("p", { className: "pm-wrong", role: "alert" });
    const search = el("input", {
      type: "search", placeholder: "Find a model, or owner/name", "aria-label": "Find a model", spellcheck: false,
      oninput: () => { panel.words = search.value; list(); },
    });
    const found = el("div", { className: "pm-found" });
    const models = el("div", { id: "pm-models", className: "pm-models", hidden: true, onkeydown: walked }, search, found);
    root.replaceChildren(el("h2", {}, "Model"), current, progress, wrong, models);
    Object.assign(panel, { root, current, progress, wrongs: wrong, models, search, found });
  }

  function fold(open = panel.models.hidden) {
    panel.models.hidden = !open;
    panel.current.setAttribute("aria-expanded", String(open));
    if (open) {
      look();
      panel.search.focus();
    }
  }

  /** Arrows walk the list, Escape folds it. */
  function walked(event) {
    if (event.key === "Escape") {
      fold(false);
      panel.current.focus();
      event.stopPropagation();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const stops = [panel.search, ...panel.found.querySelectorAll(".pm-option")];
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }

  function status(state) {
    if (state.changing && state.ready) return `changing to ${state.changing}`;
    return state.ready ? "ready" : state.fault ? "not loaded" : "loading";
  }

  function drawCurrent() {
    const state = panel.state;
    const [name, how] = panel.current.children;
    name.textContent = state.model;
    how.textContent = status(state);
    panel.current.disabled = Boolean(panel.offered && !panel.offered.may);
    panel.current.title = panel.offered?.why ?? "";
    const [said, bar, stop] = panel.progress.children;
    panel.progress.hidden = !state.changing;
    said.textContent = state.saying || `Loading ${state.changing}.`;
    bar.hidden = typeof state.share !== "number";
    if (!bar.hidden) bar.value = state.share;
    stop.hidden = Boolean(panel.offered && !panel.offered.may);
    const wrong = panel.wrong || state.fault || state.refused || "";
    if (panel.wrongs.textContent !== wrong) panel.wrongs.textContent = wrong;
    panel.wrongs.hidden = !wrong;
  }

  // ---- the list -----------------------------------------------------------------------------------------------------------

  /** What is offered may arrive while somebody walks the list: drawn again, it keeps the keyboard where it was. */
  function list() {
    const held = panel.found.contains(document.activeElement) ? document.activeElement : null;
    fill();
    if (held?.dataset.model) focus(held.dataset.model);
    else if (held) panel.found.querySelector(".pm-do")?.focus();
  }

  const focus = (name) => panel.found.querySelector(`[data-model="${CSS.escape(name)}"]`)?.focus();

  function fill() {
    if (!panel.offered) return panel.found.replaceChildren(el("p", { className: "soft" }, "Looking at this machine"));
    const words = panel.words.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (one) => words.every((word) => `${one.name} ${one.title} ${one.family} ${one.licence.name}`.toLowerCase().includes(word));
    const rows = panel.offered.models.filter(fits);
    const groups = Object.entries(panel.offered.groups).map(([key, title]) => [title, rows.filter((one) => one.fits === key)]);
    const own = OWN.test(panel.words.trim()) && !rows.length ? [["On the hub", [unknown(panel.words.trim())]]] : [];
    const drawn = [...own, ...groups].filter(([, ones]) => ones.length).map(([title, ones]) => group(title, ones));
    panel.found.replaceChildren(...(drawn.length ? drawn : [el("p", { className: "soft" }, "There is no such model in the list. A repository is found by owner/name.")]));
  }

  /** A repository that no family names: only its files tell what it is. */
  function unknown(name) {
    return {
      name, title: name, family: "", fits: "slowly", does: [], notes: [], table: "", here: false, gigabytes: 0, accepted: panel.accepted.has(name),
      verdict: "What it is and whether it fits is told by its files, once they are here.",
      licence: { name: `the terms of ${name}`, url: `https://huggingface.co/${name}`, free: false, terms: "What they say is on its page." },
    };
  }

  function group(title, ones) {
    return el("div", { role: "group", "aria-label": title }, el("h3", {}, title), ...ones.map(row));
  }

  function row(one) {
    const open = panel.chosen === one.name;
    const about = [one.family, one.here ? "" : `${Math.max(1, Math.round(one.gigabytes))} GB`, one.licence.free ? "" : "terms"].filter(Boolean);
    const mark = one.name === panel.state?.name ? "in use" : one.best ? "suggested" : "";
    const option = el("button", {
      type: "button", className: "pm-option", "data-model": one.name, "aria-expanded": String(open),
      onclick: () => {
        panel.chosen = open ? null : one.name;
        list();
        focus(one.name); // Safari gives a clicked button no focus
      },
    }, el("b", {}, one.title), mark ? el("em", {}, mark) : "", el("span", { className: "soft" }, about.join(" · ")));
    return open ? el("div", { className: "pm-opened" }, option, detail(one)) : option;
  }

  function detail(one) {
    const usual = [one.steps ? `${one.steps} steps` : "", one.guidance != null ? `guidance ${one.guidance}` : "", one.working ? `up to ${one.working} pixels a side` : ""];
    const table = el("details", {}, el("summary", {}, "Part by part"), el("pre", { tabIndex: 0 }, one.table));
    return el("div", { className: "pm-detail" },
      one.does.length ? el("p", {}, sentence(one.does.join(", "))) : "",
      el("p", {}, one.verdict),
      usual.some(Boolean) ? el("p", { className: "soft" }, sentence(usual.filter(Boolean).join(", "))) : "",
      ...one.notes.map((note) => el("p", { className: "soft" }, note)),
      one.licence.name ? licence(one) : "",
      one.table ? table : "",
      actions(one));
  }

  const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

  function licence(one) {
    const name = one.licence.url ? el("a", { href: one.licence.url, target: "_blank", rel: "noopener noreferrer" }, one.licence.name) : one.licence.name;
    return el("p", { className: "pm-licence" }, "Licence: ", name, ". ", one.licence.terms);
  }

  function actions(one) {
    const running = one.name === panel.state?.name && panel.state.ready;
    const runs = ["here", "well", "slowly"].includes(one.fits);
    if (running) return el("p", { className: "soft" }, "It draws now.");
    if (!runs) return "";
    if (!one.accepted) return button("I accept these terms", () => act("accept", one.name));
    return button(one.here ? "Draw with it" : one.gigabytes ? `Fetch ${Math.max(1, Math.round(one.gigabytes))} GB and draw with it` : "Fetch it and draw with it", () => act("use", one.name));
  }

  function button(label, onclick) {
    return el("button", { type: "button", className: "pm-do", onclick }, label);
  }

  // ---- how to draw --------------------------------------------------------------------------------------------------------

  const fitting = () => (panel.offered?.loras ?? []).filter((one) => !one.wrong && (!one.family || one.family === panel.state.card.loras));

  function drawing() {
    const root = document.querySelector(".pm-drawing");
    const card = panel.state?.card;
    if (!root) return;
    const key = globalThis.Pentimento.state().key;
    const shape = JSON.stringify([panel.state?.model, card, key, card && controls(), panel.offered?.loras]);
    if (panel.shape === shape && root.childElementCount) return;
    panel.shape = shape;
    root.replaceChildren(...(card ? [fields(card), ...faster(card), ...loras(card), ...slots(card)] : []));
    mark();
  }

  function fields(card) {
    const shown = FIELDS.filter(([, , usual]) => usual(card) != null);
    return el("div", { className: "pm-fields" }, ...shown.map(([name, label, usual]) =>
      field(label, usual(card), mine().fields[name] ?? "", (value) => { mine().fields[name] = value; })));
  }

  function faster(card) {
    if (!card.faster) return [];
    const box = el("input", {
      type: "checkbox", checked: Boolean(mine().fields.speed), onchange: () => { mine().fields.speed = box.checked ? "fast" : ""; keep(); },
    });
    return [el("label", { className: "pm-check" }, box, el("span", {}, "Faster, not quite the same"))];
  }

  function field(label, usual, value, set) {
    const input = el("input", {
      type: "text", inputMode: "decimal", autocomplete: "off", placeholder: String(usual), value,
      oninput: () => {
        set(input.value.trim().replace(",", "."));
        keep();
      },
    });
    return el("label", {}, el("span", {}, label), input);
  }

  function loras(card) {
    if (!card.loras || !panel.offered) return [];
    const wrong = panel.offered.loras.filter((one) => one.wrong);
    const none = panel.offered.may ? [el("p", { className: "soft" }, "Put .safetensors files into the folder “loras” of the studio’s own folder, and they can be chosen here.")] : [];
    return [el("div", { className: "pm-loras", role: "group", "aria-label": "LoRAs" }, el("h2", {}, "LoRAs"),
      ...(fitting().length ? fitting().map(lora) : none),
      ...(wrong.length ? [el("details", {}, el("summary", {}, `${wrong.length} cannot be used`), ...wrong.map((one) => el("p", { className: "soft" }, `${one.title}: ${one.wrong}`)))] : []))];
  }

  function lora(one) {
    const set = mine().loras;
    const weight = el("input", {
      type: "text", inputMode: "decimal", placeholder: String(one.weight), value: set[one.name] ?? "", disabled: !(one.name in set),
      "aria-label": `Weight of ${one.title}`, oninput: () => { set[one.name] = weight.value.trim().replace(",", "."); keep(); },
    });
    const box = el("input", {
      type: "checkbox", checked: one.name in set, onchange: () => {
        if (box.checked) set[one.name] = weight.value.trim();
        else delete set[one.name];
        weight.disabled = !box.checked;
        keep();
      },
    });
    const about = [one.prompt, one.licence].filter(Boolean).join(" · ");
    return el("div", { className: "pm-lora" }, el("label", {}, box, el("span", {}, one.title)), weight, about ? el("span", { className: "soft" }, about) : "");
  }

  // ---- pictures to keep to ------------------------------------------------------------------------------------------------

  function slots(card) {
    const kinds = Object.keys(card.controls).filter((kind) => panel.offered?.kinds[kind]);
    return kinds.length ? [el("div", { className: "pm-slots", role: "group", "aria-label": "Keep to" }, el("h2", {}, "Keep to"), ...kinds.map(slot),
      ...(Object.values(card.controls).some(Boolean) ? [field("How closely, 0 to 2", "as the model has it", mine().fields.control_strength ?? "", (value) => { mine().fields.control_strength = value; })] : []))] : [];
  }

  function slot(kind) {
    const { title, found } = panel.offered.kinds[kind];
    const digest = controls()[kind];
    const file = el("input", { type: "file", accept: "image/*", hidden: true, onchange: () => file.files[0] && put(kind, file.files[0]) });
    const address = digest && `studio/picture/${globalThis.Pentimento.state().key}/${digest}.webp?w=192`;
    const well = el("button", {
      type: "button", className: "pm-well", title: `${title}: choose a picture, or drop one here`, "aria-label": `${title}: choose a picture`, onclick: () => file.click(),
    }, digest ? el("img", { src: address, alt: `${title} to keep to` }) : icon("picture"));
    const quiet = (label, onclick) => el("button", { type: "button", className: "quiet", onclick, "aria-label": `${title}: ${label.toLowerCase()}` }, label);
    const remove = () => { delete controls()[kind]; keep(); draw(); };
    const node = el("div", {
      className: "pm-slot",
      ondragover: (event) => { event.preventDefault(); node.classList.add("over"); },
      ondragleave: () => node.classList.remove("over"),
      ondrop: (event) => {
        event.preventDefault();
        event.stopPropagation();
        node.classList.remove("over");
        if (event.dataTransfer.files[0]) put(kind, event.dataTransfer.files[0]);
      },
    }, file, well, el("div", {}, el("b", {}, title), el("div", {}, found || kind === "layout" ? quiet("From the canvas", () => put(kind)) : "", digest ? quiet("Remove", remove) : "")));
    return node;
  }

  // ---- all of it ------------------------------------------------------------------------------------------------------------

  /** On the button that opens the side: whether anything is set that is not the model's own way. */
  function mark() {
    const { settings = {}, controls: pictures = {} } = chosen();
    document.body.classList.toggle("pm-set", Object.keys(settings).length + Object.keys(pictures).length > 0);
  }

  function draw() {
    if (!panel.state || !panel.root) return;
    drawCurrent();
    if (!panel.models.hidden) list();
    drawing();
  }

  /** What the pulse says of the model. */
  function hear(state) {
    const before = panel.state;
    panel.state = state;
    const other = before?.model !== state.model || before?.ready !== state.ready;
    if (other && panel.offered) look();
    if (!panel.root) return;
    drawCurrent();
    drawing();
  }

  /** The side was opened: now it is worth asking what there is. */
  function opened() {
    if (!panel.offered) look();
  }

  function mount() {
    build(document.querySelector(".pm-choice"));
    draw();
  }

  globalThis.PentimentoModel = { mount, hear, opened, chosen };
})();
