// What one panel shows: Plotly's traces, made anew from the lines of all runs.

const POINTS_IN_ALL = 16000; // more is slow to draw and shows nothing new
const FEWEST_POINTS = 400;
const RAW_OPACITY = 0.45;
const SEED_OPACITY = 0.4;

class Traces {
  constructor(spec, scene) {
    Object.assign(this, { spec, scene, data: [], best: [], numShown: 0, numRecorded: 0 });
    this.isLog = scene.isLog && spec.can_log;
    const numLines = scene.groups.reduce((sum, group) => sum + group.runs.length, 0);
    this.limit = Math.max(FEWEST_POINTS, POINTS_IN_ALL / Math.max(1, numLines));
    const runs = scene.groups.flatMap((group) => group.runs);
    const has = ({ key }) => runs.some((followed) => followed?.store[key]?.step.length);
    // One star for each chart: on the held-out curve where there is one.
    this.starred = spec.traces.filter((trace) => trace.best && has(trace)).at(-1);
    for (const group of scene.groups) {
      if (scene.hidden.has(group.name)) continue;
      for (const trace of spec.traces) this.addGroup(group, trace);
    }
  }

  addGroup(group, trace) {
    const { axis, smoothing } = this.scene;
    const lines = group.runs
      .map((followed) => lineOf(followed, trace, axis, smoothing, this.isLog))
      .filter(Boolean);
    const style = this.style(group, trace);
    if (!lines.length) {
      if (!this.scene.isComparison && !trace.optional) this.data.push({ ...style, x: [], y: [] });
      return;
    }
    const line = lines.length > 1 ? averaged(lines) : lines[0];
    if (lines.length > 1) this.addBand(line, style);
    if (lines.length > 1 && this.scene.hasSeeds) lines.forEach((one) => this.addSeed(one, style));
    if (trace.members && !this.scene.isComparison) this.addMembers(group.runs[0], trace, style);
    this.addLine(line, style, trace, lines.length);
    this.data.push(...edgeTraces(line, line.raw, this.isLog, style));
    if (trace === this.starred) this.addBest(group, trace, line, style);
  }

  // Of the curves in colour; a mean over seeds has as many points as its longest seed.
  get shownSentence() {
    if (this.numShown >= this.numRecorded) return "";
    const [shown, recorded] = [this.numShown, this.numRecorded].map((count) => count.toLocaleString("en"));
    return `${shown} of ${recorded} points shown`;
  }

  style(group, trace) {
    const { theme, isComparison } = this.scene;
    const place = isComparison ? group.color : trace.color;
    const color = colorOf(place, theme);
    const name = trace.smooth && this.scene.smoothing ? `${trace.name}, smoothed` : trace.name;
    return {
      type: "scatter",
      mode: trace.markers ? "lines+markers" : "lines",
      name: isComparison ? `${group.name}: ${name.toLowerCase()}` : name,
      legendgroup: `${group.name} ${trace.key}`,
      line: { color, width: this.scene.isLarge ? 4 : 2.5, dash: trace.dash },
      marker: { color, size: isComparison ? 5 : 7, symbol: trace.symbol },
      connectgaps: false,
    };
  }

  addLine(line, style, trace, numLines) {
    const hovertemplate = `%{y:${this.spec.hoverformat}}`;
    const ofSeeds = numLines > 1 ? " mean of %{text}" : "";
    if (line.smooth) {
      const raw = { color: style.line.color, width: 1, dash: "solid" };
      const quiet = { showlegend: false, hoverinfo: "skip", opacity: RAW_OPACITY, part: "raw" };
      this.add(line, line.raw, { ...style, ...quiet, line: raw });
    }
    const text = numLines > 1 ? line.count.map(String) : undefined;
    const shown = { ...style, hovertemplate: hovertemplate + ofSeeds, meta: { part: "line" } };
    const numShown = this.add(line, line.smooth ?? line.raw, shown, text);
    this.numShown += Math.min(numShown, line.numRecorded);
    this.numRecorded += line.numRecorded;
  }

  // Networks trained side by side as one run: each faintly, behind their median.
  addMembers(followed, trace, style) {
    const keys = Object.keys(followed.store).filter((key) => new RegExp(trace.members).test(key));
    for (const key of keys) {
      const line = lineOf(followed, { ...trace, key, smooth: 0 }, this.scene.axis, 0, false);
      if (line) this.addSeed(line, style);
    }
    if (keys.length) style.name = `${style.name}, median of ${keys.length}`;
  }

  addSeed(line, style) {
    const thin = { ...style.line, width: 1 };
    const quiet = { mode: "lines", showlegend: false, hoverinfo: "skip", opacity: SEED_OPACITY };
    this.add(line, line.smooth ?? line.raw, { ...style, ...quiet, line: thin, meta: { part: "seed" } });
  }

  addBand(line, style) {
    const edge = { mode: "lines", showlegend: false, hoverinfo: "skip", legendgroup: style.legendgroup };
    const common = { ...edge, type: "scatter", line: { width: 0, color: style.line.color }, meta: { part: "band" } };
    const fill = { fill: "tonexty", fillcolor: translucent(style.line.color, 0.18) };
    // Both edges at the same places, or the band would be slanted where they differ.
    const places = downsampled(line.high, this.limit);
    const x = picked(line.x, places);
    const [low, high] = [line.low, line.high].map((values) => onAxis(picked(values, places), this.isLog));
    const isWhole = x.map((_, place) => low[place] !== null && high[place] !== null);
    for (const [values, more] of [[low, {}], [high, fill]]) {
      this.data.push({ ...common, ...more, x, y: values.map((value, place) => (isWhole[place] ? value : null)) });
    }
  }

  addBest(group, trace, line, style) {
    const place = bestIndex(line.raw, trace.best);
    if (place === null) return;
    const value = line.raw[place];
    const edge = edgeOf(value, this.isLog);
    this.data.push({
      type: "scatter",
      mode: "markers",
      name: "best",
      legendgroup: style.legendgroup,
      showlegend: false,
      x: [line.x[place]],
      ...(edge ? { y: [EDGES[edge].y], yaxis: "y2", cliponaxis: false } : { y: [value] }),
      hovertemplate: edge ? `${inWords(value)} (best)` : `%{y:${this.spec.hoverformat}} (best)`,
      marker: {
        color: style.marker.color,
        symbol: "star",
        size: 15,
        line: { color: this.scene.theme.surface, width: 1.5 },
      },
      meta: { part: "best" },
    });
    this.best.push({ group, trace, value, at: line.x[place], count: line.count?.[place] ?? 1 });
  }

  add(line, values, style, text) {
    const { part, ...kept } = style;
    const places = downsampled(values, this.limit);
    const trace = { meta: { part }, ...kept, x: picked(line.x, places), y: onAxis(picked(values, places), this.isLog) };
    if (text) trace.text = picked(text, places);
    this.data.push(trace);
    return trace.x.length;
  }
}
