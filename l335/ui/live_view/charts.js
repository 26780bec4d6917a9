// One Plotly figure per panel, drawn anew in place, so that zoom and hover stay.

let plotlyLoading = null;

function loadPlotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  plotlyLoading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      plotlyLoading = null;
      reject(new NoAnswer(RECONNECTING));
    };
    document.head.append(script);
  });
  return plotlyLoading;
}

const FONT = 14; // pixels
const SMALL_FONT = 13;
const LARGE_FONT = 20; // legible from the last row of a lecture hall

const CONFIG = {
  displaylogo: false,
  showSendToCloud: false, // a person's chart stays on their machine
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "toImage"],
};

class Panel {
  constructor(host, spec, onZoom) {
    Object.assign(this, { host, spec, isZoomed: false, baselines: {} });
    this.queue = Promise.resolve();
    this.onZoom = onZoom;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(host);
  }

  // Plotly's calls finish later; one after the other, or points would cross.
  then(action) {
    this.queue = this.queue.then(action).catch((error) => {
      if (this.host.isConnected) console.error(error);
    });
  }

  layout(scene) {
    const { theme, axis } = scene;
    const size = scene.isLarge ? LARGE_FONT : FONT;
    const grid = { gridcolor: theme.grid, zeroline: false, linecolor: theme.grid, automargin: true };
    return {
      autosize: true,
      uirevision: scene.revision, // zoom and legend choices last as long as it stays the same
      margin: { l: 56, r: 16, t: 8, b: 44 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: theme.font, size, color: theme.text },
      hovermode: "x unified",
      hoverlabel: { bgcolor: theme.surface, bordercolor: theme.grid, font: { color: theme.text } },
      showlegend: false,
      legend: { orientation: "h", x: 1, xanchor: "right", y: 1.02, yanchor: "bottom" },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: theme.faded, activecolor: theme.text },
      dragmode: "zoom",
      xaxis: {
        ...grid,
        title: { text: AXES[axis].title, standoff: 8, font: { size } },
        hoverformat: AXES[axis].hoverformat,
        autorange: true,
        ...(scene.isLogX ? { type: "log", nticks: 6 } : { type: "linear", rangemode: "tozero" }),
        ...(axis === "samples" ? { tickformat: "~s" } : {}),
      },
      yaxis: { ...grid, ...this.yaxis(scene) },
      yaxis2: EDGE_AXIS,
      shapes: this.shapes(theme, scene.isLarge ? LARGE_FONT : SMALL_FONT),
    };
  }

  yaxis(scene) {
    const { tickformat, include, can_log: canLog } = this.spec;
    const common = { autorange: true, nticks: 7, tickformat };
    if (!(scene.isLog && canLog)) {
      return { ...common, type: "linear", autorangeoptions: { include } };
    }
    return { ...common, type: "log", dtick: "D2", tickformat: this.spec.log_tickformat };
  }

  shapes(theme, size) {
    return Object.entries(this.baselines).map(([text, value]) => ({
      type: "line",
      xref: "paper",
      x0: 0,
      x1: 1,
      y0: value,
      y1: value,
      line: { color: theme.faded, width: 1.5, dash: "dot" },
      label: { text, textposition: "end", yanchor: this.spec.below ? "top" : "bottom", font: { color: theme.faded, size } },
    }));
  }

  draw(scene) {
    this.readBaselines(scene.groups[0]?.runs[0]?.store ?? {});
    const { data, best, shownSentence: shown } = new Traces(this.spec, scene);
    this.edges = edgeNotes(data).map(({ sentence }) => sentence);
    const layout = this.layout(scene);
    const named = data.filter((trace) => trace.showlegend !== false);
    layout.showlegend = !scene.isComparison && named.length > 1;
    if (!data.some((trace) => trace.x.length)) this.holdPlace(layout);
    if (scene.revision !== this.revision) this.setZoomed(false);
    Object.assign(this, { revision: scene.revision, best, shown, scene });
    // Only the newest drawing counts while one is under way.
    this.next = { data, layout };
    this.then(async () => {
      if (!this.next) return;
      const { data, layout } = this.next;
      this.next = null;
      await window.Plotly.react(this.host, data, layout, CONFIG);
      if (this.isListening) return;
      this.isListening = true;
      this.host.on("plotly_relayout", (change) => this.noticeZoom(change));
    });
  }

  // A frame without numbers before there is something to read.
  holdPlace(layout) {
    const empty = { range: [0, 1], autorange: false, showticklabels: false, type: "linear" };
    Object.assign(layout.xaxis, empty);
    Object.assign(layout.yaxis, empty, { dtick: undefined });
    layout.shapes = [];
    layout.uirevision = "empty";
  }

  readBaselines(series) {
    const before = [];
    for (const { name, value, key, apart } of this.spec.baselines ?? []) {
      const measured = key ? series[key]?.value.at(-1) : value;
      if (!Number.isFinite(measured) || before.some((other) => Math.abs(other - measured) < apart)) continue;
      this.baselines[name] = measured;
      before.push(measured);
    }
  }

  noticeZoom(change) {
    const keys = Object.keys(change);
    if (keys.some((key) => /axis\.range/.test(key))) this.setZoomed(true);
    else if (keys.some((key) => /axis\.autorange/.test(key))) this.setZoomed(false);
  }

  setZoomed(isZoomed) {
    this.isZoomed = isZoomed;
    this.onZoom(isZoomed);
  }

  resetZoom() {
    const whole = { "xaxis.autorange": true, "yaxis.autorange": true };
    this.then(() => window.Plotly.relayout(this.host, whole));
  }

  resize() {
    if (this.isListening) this.then(() => window.Plotly.Plots.resize(this.host));
  }

  forget() {
    this.baselines = {};
  }

  close() {
    this.observer.disconnect();
    this.next = null;
    // A drawing that is under way looks for the chart once more when it is done.
    this.then(() => this.isListening && window.Plotly.purge(this.host));
  }
}
