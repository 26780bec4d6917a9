// One Plotly figure per panel, extended as points arrive, so that zoom and legend choices stay.

let plotlyLoading = null;

function loadPlotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  plotlyLoading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      plotlyLoading = null;
      reject(new Error("The chart library could not be loaded."));
    };
    document.head.append(script);
  });
  return plotlyLoading;
}

const AXES = {
  epoch: { title: "Epoch", hoverformat: ".2f", of: (run) => 1 / run.steps_per_epoch },
  samples: { title: "Training samples seen", hoverformat: ".3s", of: (run) => run.samples_per_step },
  step: { title: "Step", hoverformat: ",d", of: () => 1 },
  seconds: { title: "Seconds of training", hoverformat: ".2f", of: null },
};

const CONFIG = {
  displaylogo: false,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  toImageButtonOptions: { format: "png", scale: 2 },
};

// Exponential mean over a number of points, fewer while few have come: it must not lag far behind
// a young curve.
const YOUNG_SHARE = 10;

class Smoother {
  constructor(numPoints, isLog) {
    Object.assign(this, { numPoints, isLog, mean: 0, count: 0 });
  }

  next(value) {
    if (value === null) return null;
    this.count += 1;
    const window = Math.max(1, Math.min(this.numPoints, this.count / YOUNG_SHARE));
    this.mean += ((this.isLog ? Math.log(value) : value) - this.mean) / window;
    return this.isLog ? Math.exp(this.mean) : this.mean;
  }
}

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

  traces() {
    return this.spec.traces.flatMap((trace) =>
      trace.smooth ? [{ ...trace, raw: true }, trace] : [trace],
    );
  }

  style(trace, theme) {
    const color = theme.colors[trace.color % theme.colors.length];
    const points = trace.markers ? "lines+markers" : "lines";
    return {
      mode: points,
      name: trace.name,
      legendgroup: trace.key,
      showlegend: !trace.raw,
      hoverinfo: trace.raw ? "skip" : undefined,
      hovertemplate: trace.raw ? undefined : `%{y:${this.spec.hoverformat}}`,
      opacity: trace.raw ? 0.45 : 1,
      line: { color, width: trace.raw ? 1 : 2.5, dash: trace.dash },
      marker: { color, size: 7, symbol: trace.symbol },
    };
  }

  layout(theme, axis, revision) {
    const grid = { gridcolor: theme.grid, zeroline: false, linecolor: theme.grid, automargin: true };
    return {
      autosize: true,
      uirevision: revision, // zoom and legend choices last as long as it stays the same
      margin: { l: 56, r: 16, t: 8, b: 44 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: theme.font, size: 14, color: theme.text },
      hovermode: "x unified",
      hoverlabel: { bgcolor: theme.surface, bordercolor: theme.grid, font: { color: theme.text } },
      showlegend: this.spec.traces.length > 1,
      legend: { orientation: "h", x: 1, xanchor: "right", y: 1.02, yanchor: "bottom" },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: theme.faded, activecolor: theme.text },
      dragmode: "zoom",
      xaxis: {
        ...grid,
        title: { text: AXES[axis].title, standoff: 8, font: { size: 14 } },
        hoverformat: AXES[axis].hoverformat,
        rangemode: "tozero",
        autorange: true,
        ...(axis === "samples" ? { tickformat: "~s" } : {}),
      },
      yaxis: {
        ...grid,
        autorange: true,
        nticks: 7,
        tickformat: this.spec.tickformat,
        autorangeoptions: { include: this.spec.include },
        type: this.spec.log ? "log" : "linear",
        ...(this.spec.log ? { dtick: "D2" } : {}),
      },
      shapes: this.shapes(theme),
    };
  }

  shapes(theme) {
    return Object.entries(this.baselines).map(([text, value]) => ({
      type: "line",
      xref: "paper",
      x0: 0,
      x1: 1,
      y0: value,
      y1: value,
      line: { color: theme.faded, width: 1.5, dash: "dot" },
      label: { text, textposition: "end", yanchor: this.spec.below ? "top" : "bottom", font: { color: theme.faded, size: 13 } },
    }));
  }

  x(rows, run, axis) {
    const factor = AXES[axis].of;
    return factor ? rows.step.map((step) => step * factor(run)) : rows.wall;
  }

  y(rows, trace, index) {
    if (!trace.smooth || trace.raw) return rows.value;
    return rows.value.map((value) => this.smoothers[index].next(value));
  }

  // Everything anew: another run, another x axis.
  draw(store, run, axis, theme) {
    const numPoints = run ? run.total_steps / Math.max(1, Math.floor(run.total_steps / 2000)) : 1;
    this.smoothers = this.traces().map(
      (trace) => new Smoother(numPoints / (trace.smooth || numPoints), this.spec.log),
    );
    this.readBaselines(store);
    const data = this.traces().map((trace, index) => {
      const rows = store[trace.key] ?? { step: [], value: [], wall: [] };
      const x = run ? [...this.x(rows, run, axis)] : [];
      return { ...this.style(trace, theme), x, y: [...this.y(rows, trace, index)] };
    });
    const revision = `${run?.uid} ${axis}`;
    const layout = this.layout(theme, axis, revision);
    this.isEmpty = !data.some((trace) => trace.x.length);
    if (this.isEmpty) {
      // A frame that holds the place: no numbers before there is something to read.
      const empty = { range: [0, 1], autorange: false, showticklabels: false, type: "linear" };
      Object.assign(layout.xaxis, empty);
      Object.assign(layout.yaxis, empty, { dtick: undefined });
      layout.shapes = [];
    }
    if (revision !== this.revision) this.setZoomed(false);
    this.revision = revision;
    this.then(async () => {
      await window.Plotly.react(this.host, data, layout, CONFIG);
      if (this.isListening) return;
      this.isListening = true;
      this.host.on("plotly_relayout", (change) => this.noticeZoom(change));
    });
  }

  extend(fresh, store, run, axis, theme) {
    if (this.isEmpty) return this.draw(store, run, axis, theme);
    const update = { x: [], y: [] };
    const indices = [];
    this.traces().forEach((trace, index) => {
      const rows = fresh[trace.key];
      if (!rows?.step.length) return;
      update.x.push(this.x(rows, run, axis));
      update.y.push(this.y(rows, trace, index));
      indices.push(index);
    });
    if (this.readBaselines(fresh)) this.then(() => this.relayout({ shapes: this.shapes(theme) }));
    if (indices.length) this.then(() => window.Plotly.extendTraces(this.host, update, indices));
  }

  readBaselines(series) {
    const before = JSON.stringify(this.baselines);
    if (!this.spec.baselines) return false;
    for (const { name, value, key } of this.spec.baselines) {
      const measured = key ? series[key]?.value.at(-1) : value;
      if (measured != null) this.baselines[name] = measured;
    }
    return JSON.stringify(this.baselines) !== before;
  }

  relayout(change) {
    return window.Plotly.relayout(this.host, change);
  }

  retheme(theme, axis) {
    const { xaxis, yaxis, shapes, font, hoverlabel, modebar } = this.layout(theme, axis);
    const styles = this.traces().map((trace) => this.style(trace, theme));
    const colors = styles.map((style) => style.line.color);
    this.then(() =>
      window.Plotly.update(
        this.host,
        { "line.color": colors, "marker.color": colors },
        {
          font,
          hoverlabel,
          modebar,
          shapes,
          "xaxis.gridcolor": xaxis.gridcolor,
          "xaxis.linecolor": xaxis.linecolor,
          "yaxis.gridcolor": yaxis.gridcolor,
          "yaxis.linecolor": yaxis.linecolor,
        },
      ),
    );
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
    this.then(() => this.relayout({ "xaxis.autorange": true, "yaxis.autorange": true }));
  }

  resize() {
    if (this.isListening) this.then(() => window.Plotly.Plots.resize(this.host));
  }

  forget() {
    this.baselines = {};
  }

  close() {
    this.observer.disconnect();
    if (this.isListening) window.Plotly.purge(this.host);
  }
}
