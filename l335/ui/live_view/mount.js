// Puts the parts together: one view per mounted component, kept through every page rerun.

const STYLE_NAMES = {
  text: "--st-text-color",
  surface: "--st-background-color",
  grid: "--st-border-color",
  faded: "--st-gray-text-color",
  font: "--st-font",
};
const PARTS_OF_POINT = ["step", "value", "wall", "mean"];
const DRAW_MS = 40; // for each run shown: many runs are drawn less often
const views = new WeakMap();

function readTheme(host) {
  const style = getComputedStyle(host);
  const theme = {};
  for (const [name, variable] of Object.entries(STYLE_NAMES)) {
    theme[name] = style.getPropertyValue(variable).trim();
  }
  const colors = style.getPropertyValue("--st-chart-categorical-colors").trim().split(",");
  theme.colors = colors.map((color) => color.trim());
  return theme;
}

function isActive(state) {
  return state === "queued" || state === "running";
}

// Appends points. A run that went on from a checkpoint writes the steps behind it a second time.
function keep(kept, rows) {
  const value = numbersOf(rows.value);
  const added = { ...rows, value, mean: rows.mean ? numbersOf(rows.mean) : value };
  kept.numRecorded += rows.num_recorded ?? rows.step.length;
  rows.step.forEach((step, index) => {
    while (kept.step.length && kept.step.at(-1) >= step) {
      for (const part of PARTS_OF_POINT) kept[part].pop();
      kept.numRecorded -= 1;
    }
    for (const part of PARTS_OF_POINT) kept[part].push(added[part][index]);
  });
}

class LiveView {
  constructor(host) {
    this.host = host.querySelector(".l335-view");
    this.status = new Status(this.host.querySelector(".l335-status"));
    this.pictures = new Pictures(this.host);
    this.legend = new Legend(this.host.querySelector(".l335-legend"), () => this.drawAll());
    this.panels = [];
    this.followed = new Map();
    this.clock = new ReplayClock();
    this.asking = new Asking((sentence) => this.noteTrouble(sentence, false));
  }

  update({ data, setTriggerValue }) {
    this.trigger = setTriggerValue;
    const theme = readTheme(this.host);
    const isRethemed = this.theme && JSON.stringify(theme) !== JSON.stringify(this.theme);
    this.theme = theme;
    const isAgain = data.replay?.token !== this.data?.replay?.token;
    const isNew = !this.data || this.data.uid !== data.uid || this.data.task !== data.task || isAgain;
    if (data.replay) this.clock.set(data.replay);
    if (isAgain) this.forgetRuns();
    this.host.classList.toggle("l335-large", Boolean(data.isLarge));
    const isOther = !isNew && JSON.stringify(this.data.runs) !== JSON.stringify(data.runs);
    const isOtherPart = !isNew && !data.uid && JSON.stringify([this.data.pictures, this.data.aspect]) !== JSON.stringify([data.pictures, data.aspect]);
    this.data = data;
    if (isNew) this.begin();
    else {
      if (isOtherPart) this.pictures.show(data.pictures, data.aspect);
      this.status.data = data;
      if (isOther) this.follow();
      if ((isRethemed || isOther) && this.isReady) this.drawAll();
    }
  }

  async begin() {
    const { data } = this;
    this.triggered = null;
    if (this.builtFor !== data.task) this.build();
    this.status.prepare(data);
    this.pictures.show(data.pictures, data.aspect);
    this.panels.forEach((panel) => panel.forget());
    this.follow();
    try {
      await this.asking.patiently(() => loadPlotly(data.plotly));
    } catch {
      return; // closed meanwhile
    }
    if (!this.host.isConnected || (this.data !== data && this.data.uid !== data.uid)) return;
    this.isReady = true;
    this.drawAll();
  }

  build() {
    const { data } = this;
    this.builtFor = data.task;
    this.panels.forEach((panel) => panel.close());
    this.toolbar?.close();
    this.toolbar = new Toolbar(
      this.host.querySelector(".l335-toolbar"),
      data,
      () => this.isReady && this.drawAll(),
      (what, index) => this.save(what, index),
    );
    const charts = this.host.querySelector(".l335-charts");
    charts.replaceChildren();
    this.panels = data.panels.map((spec) => this.buildPanel(charts, spec));
    this.pictures.build(data.previews);
  }

  buildPanel(charts, spec) {
    const box = element("section", "l335-panel", charts);
    const head = element("div", "l335-panel-head", box);
    element("h3", "l335-panel-title", head).textContent = spec.title;
    const reset = element("button", "l335-reset", head);
    reset.type = "button";
    reset.textContent = "Reset zoom";
    const plot = element("div", "l335-plot", box);
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", `${spec.title}, no points yet`);
    const panel = new Panel(plot, spec, (isZoomed) => (reset.hidden = !isZoomed));
    panel.caption = element("div", "l335-caption", box);
    reset.hidden = true;
    reset.onclick = () => panel.resetZoom();
    return panel;
  }

  forgetRuns() {
    for (const { feed } of this.followed.values()) feed.close();
    this.followed.clear();
  }

  // Ask for the runs the page names, and only for those.
  follow() {
    const wanted = new Set(this.data.runs.map((entry) => entry.uid));
    for (const [uid, { feed }] of this.followed) {
      if (wanted.has(uid)) continue;
      feed.close();
      this.followed.delete(uid);
    }
    for (const entry of this.data.runs) {
      const known = this.followed.get(entry.uid);
      if (!known) this.start(entry);
      else {
        if (isActive(entry.state) && !isActive(known.entry.state)) known.feed.resume();
        known.entry = entry;
      }
    }
    this.nameSettings();
    this.status.setComparison(this.data.runs.length);
    this.toolbar.show(wanted.size > 0, this.data.groups.some((group) => group.num_seeds > 1));
  }

  // A line that only some runs have is explained where one of these has it.
  nameSettings() {
    const stores = [...this.followed.values()].map(({ store }) => store);
    const isDrawn = ({ key, optional }) => !optional || stores.some((store) => store[key]);
    this.legend.build(this.data.groups, this.data.panels[0].traces.filter(isDrawn), this.theme);
  }

  start(entry) {
    const followed = { entry, run: null, store: {} };
    this.followed.set(entry.uid, followed);
    if (this.data.replay) {
      followed.feed = new Replay(
        this.data.replay.url,
        entry.uid,
        this.clock,
        (answer, isWhole) => this.take(followed, answer, isWhole),
        (sentence, isFinal) => this.noteTrouble(sentence, isFinal),
      );
      followed.feed.follow();
      return;
    }
    this.questions ??= new Questions(this.data.prefix);
    followed.feed = new Feed(
      (uid, after) => this.questions.ask(uid, after),
      (answer, isWhole) => this.take(followed, answer, isWhole),
      (sentence, isFinal) => this.noteTrouble(sentence, isFinal),
      () => [...this.followed.values()].filter(({ run }) => !run || isActive(run.state)).length,
    );
    followed.feed.follow(entry.uid);
  }

  take(followed, answer, isWhole) {
    const { run, series, previews } = answer;
    followed.run = run;
    if (isWhole) followed.store = {};
    for (const [key, rows] of Object.entries(series)) {
      keep((followed.store[key] ??= { step: [], value: [], wall: [], mean: [], numRecorded: 0 }), rows);
    }
    if (isWhole || Object.keys(series).length) this.drawSoon();
    this.status.count([...this.followed.values()]);
    if (run.uid !== this.data.uid || this.data.replay) return;
    this.pictures.take(previews);
    this.status.show(run);
    this.notifyPage(run);
  }

  drawSoon() {
    if (!this.isReady) return;
    // Nobody waits longer than for the first answer of the last run.
    const hadAll = this.hasAll;
    this.hasAll = [...this.followed.values()].every(({ run }) => run);
    const isComplete = this.hasAll && !hadAll;
    if (isComplete) this.nameSettings();
    if (this.drawing && !isComplete) return;
    clearTimeout(this.drawing);
    const wait = this.followed.size > 1 && !isComplete ? DRAW_MS * this.followed.size : 0;
    this.drawing = setTimeout(() => this.host.isConnected && this.drawAll(), wait);
  }

  scene() {
    const { options } = this.toolbar;
    const { data } = this;
    const groups = data.groups.map((group, index) => ({
      ...group,
      color: index,
      runs: data.runs.filter((entry) => entry.group === index).map(({ uid }) => this.followed.get(uid)),
    }));
    const isComparison = data.runs.length > 1;
    const revision = [data.uid, options.axis, options.isLogX, options.isLog].join(" ");
    const { theme } = this;
    return { ...options, isLarge: data.isLarge, theme, groups, isComparison, revision, hidden: this.legend.hidden };
  }

  drawAll() {
    clearTimeout(this.drawing);
    this.drawing = null;
    const scene = this.scene();
    for (const panel of this.panels) {
      panel.draw(scene);
      this.describe(panel, scene);
    }
  }

  describe(panel, scene) {
    const first = scene.groups[0]?.runs[0];
    const parts = panel.spec.traces.flatMap((trace) => {
      const last = first?.store[trace.key]?.value.at(-1);
      if (last === null || last === undefined) return [];
      return [`${trace.name} ${Number.isFinite(last) ? last.toPrecision(3) : inWords(last)}`];
    });
    const points = parts.join(", ") || "no points yet";
    panel.host.setAttribute("aria-label", `${panel.spec.title} over ${scene.axis}: ${points}`);
    const words = [bestSentence(panel.best, scene), ...panel.edges, panel.shown];
    panel.caption.textContent = words.filter(Boolean).join(" · ");
  }

  async save(what, index) {
    const uids = this.data.runs.map((entry) => entry.uid).join(",");
    const { title } = this.data;
    try {
      if (what === "csv") download(`${this.data.prefix}/api/metrics.csv?runs=${uids}`, "");
      else if (what === "html") await savePage(this.panels, title, slug(title), this.data.plotly);
      else await savePicture(this.panels[index], what, title, slug(title));
    } catch (error) {
      this.noteTrouble(`It could not be saved: ${error.message}`, true);
    }
  }

  // Buttons and results belong to the page: it runs once more when the state has moved on.
  notifyPage(run) {
    const isNews = run.state !== this.data.state && !(isActive(run.state) && isActive(this.data.state));
    const note = `${run.uid} ${run.state} ${run.attempt}`;
    if (!isNews || this.triggered === note) return;
    this.triggered = note;
    this.trigger("changed", run.state);
  }

  noteTrouble(sentence, isFinal) {
    this.host.classList.toggle("l335-away", Boolean(sentence) && !isFinal);
    this.status.complain(sentence);
  }

  close() {
    this.asking.close();
    clearTimeout(this.drawing);
    this.toolbar?.close();
    this.forgetRuns();
    this.panels.forEach((panel) => panel.close());
    this.pictures.close();
  }
}

export default function mount(component) {
  const { parentElement } = component;
  let view = views.get(parentElement);
  if (!view) {
    view = new LiveView(parentElement);
    views.set(parentElement, view);
  }
  view.update(component);
  return () => {
    view.close();
    views.delete(parentElement);
  };
}
