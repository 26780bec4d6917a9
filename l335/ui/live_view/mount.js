// Puts the parts together: one view per mounted component, kept through every page rerun.

const STYLE_NAMES = {
  text: "--st-text-color",
  surface: "--st-background-color",
  grid: "--st-border-color",
  faded: "--st-gray-text-color",
  font: "--st-font",
};
const SMALL_PIXELS = 200; // pictures with a shorter longer side are shown with hard pixels
const PARTS_OF_POINT = ["step", "value", "wall"];
const views = new WeakMap();

function readTheme(host) {
  const style = getComputedStyle(host);
  const theme = {};
  for (const [name, variable] of Object.entries(STYLE_NAMES)) {
    theme[name] = style.getPropertyValue(variable).trim();
  }
  theme.colors = style.getPropertyValue("--st-chart-categorical-colors").trim().split(",");
  return theme;
}

function isActive(state) {
  return state === "queued" || state === "running";
}

// Appends points; true where some took the place of earlier ones. A run that went on from a
// checkpoint writes the steps behind it a second time.
function keep(kept, rows) {
  let isRewound = false;
  rows.step.forEach((step, index) => {
    while (kept.step.length && kept.step.at(-1) >= step) {
      for (const part of PARTS_OF_POINT) kept[part].pop();
      isRewound = true;
    }
    for (const part of PARTS_OF_POINT) kept[part].push(rows[part][index]);
  });
  return isRewound;
}

class LiveView {
  constructor(host) {
    this.host = host.querySelector(".l335-view");
    this.status = new Status(this.host.querySelector(".l335-status"));
    this.feed = new Feed(
      (answer, isWhole) => this.take(answer, isWhole),
      (sentence, isFinal) => this.noteTrouble(sentence, isFinal),
    );
    this.panels = [];
    this.store = {};
    this.run = null;
  }

  update({ data, setTriggerValue }) {
    this.trigger = setTriggerValue;
    const theme = readTheme(this.host);
    const isRethemed = this.theme && JSON.stringify(theme) !== JSON.stringify(this.theme);
    this.theme = theme;
    const isNew = !this.data || this.data.uid !== data.uid || this.data.task !== data.task;
    const isRestarted = !isNew && data.uid && isActive(data.state) && !isActive(this.data.state);
    this.data = data;
    if (isNew) this.begin();
    else {
      this.status.data = data;
      if (isRethemed && this.isReady) {
        this.panels.forEach((panel) => panel.retheme(theme, this.axis));
      }
      if (isRestarted) this.feed.resume();
    }
  }

  async begin() {
    const { data } = this;
    this.feed.stop();
    Object.assign(this, { store: {}, run: null, triggered: null });
    if (this.builtFor !== data.task) this.build();
    this.status.prepare(data);
    this.showPictures(data.pictures);
    if (data.uid) this.feed.follow(`${data.prefix}/api/runs/${data.uid}/metrics`);
    try {
      await loadPlotly(data.plotly);
    } catch (error) {
      this.noteTrouble(`${error.message} Reload the page.`, true);
      return;
    }
    if (!this.host.isConnected || this.data !== data && this.data.uid !== data.uid) return;
    this.isReady = true;
    this.panels.forEach((panel) => panel.forget());
    this.drawAll();
  }

  build() {
    const { data } = this;
    this.builtFor = data.task;
    this.axis = data.axes[0][0];
    this.panels.forEach((panel) => panel.close());
    const charts = this.host.querySelector(".l335-charts");
    charts.replaceChildren();
    this.panels = data.panels.map((spec) => {
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
      reset.hidden = true;
      reset.onclick = () => panel.resetZoom();
      return panel;
    });
    this.buildAxes(charts.lastElementChild.querySelector(".l335-panel-head"));
    this.buildPictures();
  }

  // One choice for all panels, in the head of the last one.
  buildAxes(head) {
    const host = element("div", "l335-axes", head);
    host.setAttribute("role", "group");
    host.setAttribute("aria-label", "Horizontal axis");
    for (const [name, title] of this.data.axes) {
      const button = element("button", "l335-axis", host);
      button.type = "button";
      button.textContent = title;
      button.setAttribute("aria-pressed", String(name === this.axis));
      button.onclick = () => {
        this.axis = name;
        for (const other of host.querySelectorAll("button")) {
          other.setAttribute("aria-pressed", String(other === button));
        }
        if (this.isReady) this.drawAll();
      };
    }
  }

  buildPictures() {
    const host = this.host.querySelector(".l335-pictures");
    host.replaceChildren();
    host.hidden = this.data.previews.length === 0;
    this.pictures = {};
    for (const { name, title, alt } of this.data.previews) {
      const box = element("figure", "l335-picture", host);
      const image = element("img", "", element("div", "l335-frame", box));
      image.alt = alt;
      element("figcaption", "", box).textContent = title;
      this.pictures[name] = { box, image, url: null };
    }
  }

  showPictures(urls) {
    const [width, height] = this.data.aspect ?? [1, 1];
    this.host.style.setProperty("--l335-aspect", `${width} / ${height}`);
    for (const [name, picture] of Object.entries(this.pictures)) {
      picture.box.classList.toggle("l335-small", Math.max(width, height) < SMALL_PIXELS);
      this.showPicture(picture, urls[name] ?? null);
    }
  }

  showPicture(picture, url) {
    if (picture.url === url) return;
    picture.url = url;
    picture.image.hidden = !url;
    if (!url) return;
    // Decoded before it is shown, so that nothing blinks.
    const next = new Image();
    next.src = url;
    next.decode().then(
      () => picture.url === url && (picture.image.src = url),
      () => (picture.url = null),
    );
  }

  take(answer, isWhole) {
    const { run, series, previews } = answer;
    this.run = run;
    if (isWhole) this.store = {};
    let isRewound = false;
    for (const [key, rows] of Object.entries(series)) {
      const kept = (this.store[key] ??= { step: [], value: [], wall: [] });
      if (keep(kept, rows)) isRewound = true;
    }
    if (this.isReady) {
      if (isWhole || isRewound) this.drawAll();
      else this.extendAll(series);
    }
    for (const [name, { url }] of Object.entries(previews)) {
      if (this.pictures[name]) this.showPicture(this.pictures[name], url);
    }
    this.status.show(run);
    this.notifyPage(run);
  }

  extendAll(series) {
    for (const panel of this.panels) {
      panel.extend(series, this.store, this.run, this.axis, this.theme);
      this.describe(panel);
    }
  }

  drawAll() {
    for (const panel of this.panels) {
      panel.draw(this.store, this.run, this.axis, this.theme);
      this.describe(panel);
    }
  }

  describe(panel) {
    const parts = panel.spec.traces.flatMap((trace) => {
      const last = this.store[trace.key]?.value.at(-1);
      return last === null || last === undefined ? [] : [`${trace.name} ${last.toPrecision(3)}`];
    });
    const points = parts.join(", ") || "no points yet";
    panel.host.setAttribute("aria-label", `${panel.spec.title} over ${this.axis}: ${points}`);
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
    this.feed.close();
    this.panels.forEach((panel) => panel.close());
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
