// One slider over the recorded steps, below the curves it moves along.

const WIDTH = 1000, HEIGHT = 90, INSET = 8; // the inset is half the slider's thumb
const PLAY_MS = 450;

class Scrubber {
  constructor(host, onMove) {
    this.onMove = onMove;
    this.place = 0;
    this.snapshots = [];
    const head = element("div", "row", host);
    this.play = button("Play", head, () => this.toggle());
    this.label = element("strong", "step-label", head);
    this.curveText = element("span", "note", head);
    this.plot = svg("svg", { class: "curve", role: "img", preserveAspectRatio: "none" }, host);
    this.slider = element("input", "slider", host);
    Object.assign(this.slider, { type: "range", min: 0, step: "any" });
    this.slider.setAttribute("aria-label", "Recorded step");
    this.slider.oninput = () => this.go(this.nearest(Number(this.slider.value)));
    this.slider.onkeydown = (event) => this.onKey(event);
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }

  onKey(event) {
    const last = this.snapshots.length - 1;
    const to = {
      ArrowRight: this.place + 1, ArrowUp: this.place + 1, PageUp: this.place + 3,
      ArrowLeft: this.place - 1, ArrowDown: this.place - 1, PageDown: this.place - 3,
      Home: 0, End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.stop();
    this.go(Math.max(0, Math.min(last, to)));
  }

  nearest(step) {
    let best = 0;
    this.snapshots.forEach((one, index) => {
      if (Math.abs(one.step - step) < Math.abs(this.snapshots[best].step - step)) best = index;
    });
    return best;
  }

  update(source) {
    const isNewest = this.place >= this.snapshots.length - 1;
    Object.assign(this, { source, run: source.run, snapshots: source.snapshots });
    this.slider.max = this.run.total_steps;
    this.go(isNewest ? this.snapshots.length - 1 : this.place);
  }

  go(place) {
    this.place = place;
    const { step } = this.snapshots[place];
    this.slider.value = step;
    const text = this.where(this.snapshots[place]);
    this.label.textContent = text[0].toUpperCase() + text.slice(1);
    this.slider.setAttribute("aria-valuetext", text);
    this.curveText.textContent = this.reading(step);
    this.draw();
    this.onMove(this.snapshots[place]);
  }

  // What follows is about accuracy; another course says it in its own words.
  get curveName() {
    return "Accuracy";
  }

  where({ step, epoch }) {
    const epochs = this.run.total_steps / this.run.steps_per_epoch;
    return `epoch ${+epoch.toFixed(2)} of ${epochs}, step ${step.toLocaleString("en")}`;
  }

  reading(step) {
    const parts = Object.entries(this.source.curves).flatMap(([key, points]) =>
      points.has(step) ? [`${key.split("/")[0]} accuracy ${percent(points.get(step))}`] : []);
    return parts.join(" (dashed), ") + (parts.length ? " (solid)" : "not judged before training");
  }

  // Lowest and highest value drawn.
  span(values) {
    const low = Math.min(0.9, ...values) - 0.02;
    return [low, Math.max(...values, low + 0.1) + 0.01];
  }

  draw() {
    if (!this.run) return;
    const width = this.plot.clientWidth || WIDTH;
    this.plot.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.plot.replaceChildren();
    const x = (step) => INSET + (step / this.run.total_steps) * (width - 2 * INSET);
    const values = Object.values(this.source.curves).flatMap((points) => [...points.values()]);
    const [low, high] = this.span(values.filter(Number.isFinite));
    // What is infinite stands at the edge.
    const y = (value) => Math.min(HEIGHT - 4, Math.max(4, HEIGHT - 4 - ((value - low) / (high - low)) * (HEIGHT - 8)));
    const isAlone = Object.values(this.source.curves).filter((points) => points.size).length < 2;
    for (const [index, [key, points]] of Object.entries(this.source.curves).entries()) {
      const known = [...points].sort((a, b) => a[0] - b[0]).filter(([, value]) => value !== null);
      const line = known.filter(([, value]) => Number.isFinite(value));
      for (const [step, value] of known) {
        if (!Number.isFinite(value)) svg("path", { d: triangle(x(step), y(value), value), class: "dot" }, this.plot);
      }
      const path = line.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
      svg("polyline", { points: path, class: `line line-${index}${isAlone ? " alone" : ""}`, "data-key": key }, this.plot);
    }
    const { step } = this.snapshots[this.place];
    svg("line", { x1: x(step), x2: x(step), y1: 0, y2: HEIGHT, class: "marker", "data-step": step }, this.plot);
    for (const points of Object.values(this.source.curves)) {
      if ((points.get(step) ?? null) !== null) svg("circle", { cx: x(step), cy: y(points.get(step)), r: 3.5, class: "dot" }, this.plot);
    }
    this.plot.setAttribute("aria-label", `${this.curveName} over the run, marked at step ${step}`);
  }

  toggle() {
    if (this.timer) return this.stop();
    if (this.place >= this.snapshots.length - 1) this.go(0);
    this.play.textContent = "Pause";
    this.timer = setInterval(() => {
      if (this.place >= this.snapshots.length - 1) this.stop();
      else this.go(this.place + 1);
    }, PLAY_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = "Play";
  }
}

// A mark at the upper or lower edge that points beyond it.
function triangle(x, y, value) {
  const up = value > 0 ? -1 : 1;
  return `M${x - 4},${y - 3 * up} h8 L${x},${y + 4 * up} Z`;
}
