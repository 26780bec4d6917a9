// Radial power of target, fit and error against frequency, both on log scales.

const PLOT_HEIGHT = 250, PLOT_LEFT = 46, PLOT_BOTTOM = 36, PLOT_TOP = 20;
const MIN_DECADES = 2, MAX_DECADES = 8; // of power; what lies lower is rounding
const LINES = [["target", "picture"], ["fit", "fit"], ["error", "error"]];

class Spectrum {
  constructor(host) {
    const figure = element("figure", "shown", host);
    this.figure = figure;
    element("figcaption", "", figure, "Spectrum: power by frequency");
    this.plot = svg("svg", { class: "spectrum", role: "img" }, figure);
    this.key = element("p", "note key", figure);
    for (const [name, title] of LINES) element("span", `key-${name}`, this.key, title);
    this.note = element("p", "note", figure);
    new ResizeObserver(() => this.draw(this.step)).observe(this.plot);
  }

  take(spectra) {
    this.data = spectra;
    this.figure.hidden = !spectra?.steps.length;
    if (this.figure.hidden) return;
    const { target, fit, error, nyquist, sigma, edges } = spectra;
    const all = [target, ...fit, ...error].flat().filter((value) => value > 0).map(Math.log10);
    const top = Math.ceil(Math.max(...all, -3));
    const bottom = Math.floor(Math.min(...all, top - MIN_DECADES));
    this.range = [Math.max(bottom, top - MAX_DECADES), top];
    this.last = Math.max(nyquist, edges.at(-1));
    const isInside = sigma !== null && sigma >= edges[0] && sigma <= this.last;
    this.note.textContent = sigma === null || isInside ? ""
      : `The encoding's sigma of ${number(sigma)} is ${sigma > this.last ? "above" : "below"} the frequencies shown.`;
    this.sigma = isInside ? sigma : null;
  }

  draw(step) {
    this.step = step;
    if (!this.data?.steps.length || step === undefined) return;
    const { steps, bands, edges, nyquist } = this.data, row = Math.max(0, steps.indexOf(step));
    const width = this.plot.clientWidth || 320, right = width - 8, bottom = PLOT_HEIGHT - PLOT_BOTTOM;
    this.plot.setAttribute("viewBox", `0 0 ${width} ${PLOT_HEIGHT}`);
    this.plot.replaceChildren();
    const first = Math.log(edges[0]), across = Math.log(this.last) - first, [low, high] = this.range;
    const x = (cycles) => PLOT_LEFT + ((Math.log(cycles) - first) / across) * (right - PLOT_LEFT);
    const y = (exponent) => bottom - ((Math.max(low, exponent) - low) / (high - low)) * (bottom - PLOT_TOP);
    const say = (text, attributes) => (svg("text", attributes, this.plot).textContent = text);
    for (let exponent = low; exponent <= high; exponent += high - low > 5 ? 2 : 1) {
      svg("line", { x1: PLOT_LEFT, x2: right, y1: y(exponent), y2: y(exponent), class: "base" }, this.plot);
      say(powerOf10(exponent), { x: PLOT_LEFT - 5, y: y(exponent) + 4, "text-anchor": "end" });
    }
    for (let cycles = 1; cycles <= this.last; cycles *= 2) {
      svg("line", { x1: x(cycles), x2: x(cycles), y1: bottom, y2: bottom + 4, class: "tick" }, this.plot);
      say(cycles, { x: x(cycles), y: bottom + 16, "text-anchor": "middle" });
    }
    say("cycles per image", { x: (PLOT_LEFT + right) / 2, y: PLOT_HEIGHT - 4, "text-anchor": "middle" });
    for (const [name, at] of [["Nyquist", nyquist], ["sigma", this.sigma]]) {
      if (at === null) continue;
      const place = x(at), anchor = place > width / 2 ? "end" : "start";
      svg("line", { x1: place, x2: place, y1: PLOT_TOP, y2: bottom, class: "limit" }, this.plot);
      // Both may stand close together, so sigma's name hangs lower.
      const height = PLOT_TOP + (name === "sigma" ? 13 : -6);
      say(`${name} ${+at.toPrecision(3)}`, { x: place + (anchor === "end" ? -4 : 4), y: height, "text-anchor": anchor });
    }
    for (const [name] of LINES) {
      const values = name === "target" ? this.data.target : this.data[name][row];
      const points = bands.flatMap((cycles, index) =>
        values[index] > 0 ? [`${x(cycles).toFixed(1)},${y(Math.log10(values[index])).toFixed(1)}`] : []);
      svg("polyline", { points: points.join(" "), class: `power power-${name}` }, this.plot);
    }
    this.plot.dataset.step = steps[row];
    this.plot.setAttribute("aria-label",
      `Power of picture, fit and error by frequency at step ${steps[row].toLocaleString("en")}`);
  }
}

function powerOf10(exponent) {
  return exponent === 0 ? "1" : `10${String(exponent).replace(/./g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)])}`;
}
