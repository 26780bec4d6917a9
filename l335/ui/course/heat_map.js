// Relative error by frequency band (up) and recorded step (across).

const HEAT_HEIGHT = 220, HEAT_LEFT = 46, HEAT_BOTTOM = 36, HEAT_TOP = 6;
const HEAT_RANGE = [-4, 1]; // decades of error power over the picture's power
const NO_COLOR = "none";

class HeatMap {
  // onStep(place): a step was chosen; place counts recorded spectra
  constructor(host, onStep) {
    this.host = host;
    this.onStep = onStep;
    element("h4", "", host, "Error left in each band, step by step");
    this.sentence = element("p", "sentence", host);
    this.plot = svg("svg", { class: "heat", role: "img", tabindex: 0 }, host);
    this.says = element("p", "note readout", host);
    this.says.setAttribute("role", "status");
    this.legend(host);
    this.plot.onpointermove = (event) => this.point(event);
    this.plot.onpointerleave = () => this.say(this.row, this.band);
    this.plot.onclick = (event) => onStep(this.at(event)[0]);
    this.plot.onkeydown = (event) => this.onKey(event);
    this.band = 0;
    new ResizeObserver(() => this.draw(this.step)).observe(this.plot);
  }

  legend(host) {
    const legend = element("div", "heat-legend", host);
    element("span", "note", legend, "Error power over the picture's power:");
    const scale = element("div", "heat-scale", legend);
    element("div", "heat-ramp", scale);
    const marks = element("div", "heat-marks note", scale);
    for (let exponent = HEAT_RANGE[0]; exponent <= HEAT_RANGE[1]; exponent++)
      element("span", "", marks, exponent === HEAT_RANGE[0] ? `≤ ${10 ** exponent}` : exponent === HEAT_RANGE[1] ? `≥ ${10 ** exponent}` : `${10 ** exponent}`);
    element("span", "note", legend, "0.01: nearly all of this detail is right. 1: as wrong as if it were left out. Above 1: wrong detail was added.");
  }

  take(spectra) {
    this.data = spectra;
    this.host.hidden = !spectra?.steps.length;
    if (!this.host.hidden) this.sentence.textContent = spectra.sentence;
  }

  get frame() {
    const width = this.plot.clientWidth || 640;
    const { edges, steps } = this.data, bottom = HEAT_HEIGHT - HEAT_BOTTOM;
    const low = Math.log(edges[0]), span = Math.log(edges.at(-1)) - low;
    const column = (width - HEAT_LEFT - 8) / steps.length;
    return { width, bottom, column,
      x: (place) => HEAT_LEFT + place * column,
      y: (cycles) => bottom - ((Math.log(cycles) - low) / span) * (bottom - HEAT_TOP) };
  }

  draw(step) {
    this.step = step;
    if (!this.data?.steps.length || step === undefined) return;
    const { steps, edges, relative } = this.data, { width, bottom, column, x, y } = this.frame;
    this.row = Math.max(0, steps.indexOf(step));
    this.plot.setAttribute("viewBox", `0 0 ${width} ${HEAT_HEIGHT}`);
    this.plot.replaceChildren();
    const say = (text, attributes) => (svg("text", attributes, this.plot).textContent = text);
    relative.forEach((bands, place) => bands.forEach((value, band) => {
      svg("rect", {
        x: x(place), y: y(edges[band + 1]), width: column + 0.4, height: y(edges[band]) - y(edges[band + 1]) + 0.4,
        fill: this.color(value),
      }, this.plot);
    }));
    for (let cycles = 1; cycles <= edges.at(-1); cycles *= 2) say(cycles, { x: HEAT_LEFT - 6, y: y(cycles) + 4, "text-anchor": "end" });
    say("cycles per image", { x: 11, y: (HEAT_TOP + bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 11 ${(HEAT_TOP + bottom) / 2})` });
    const every = Math.ceil(54 / column);
    steps.forEach((one, place) => {
      if (place % every === 0) say(one.toLocaleString("en"), { x: x(place + 0.5), y: bottom + 15, "text-anchor": "middle" });
    });
    say("recorded step", { x: (HEAT_LEFT + width) / 2, y: HEAT_HEIGHT - 4, "text-anchor": "middle" });
    svg("rect", { x: x(this.row), y: HEAT_TOP, width: column, height: bottom - HEAT_TOP, class: "heat-marker", "data-step": steps[this.row] }, this.plot);
    this.plot.dataset.step = steps[this.row];
    this.plot.setAttribute("aria-label", `Relative error by frequency and step. ${this.data.sentence} Up and down read a band, left and right move the step.`);
    this.say(this.row, this.band);
  }

  color(value) {
    if (value === null) return NO_COLOR;
    const share = (Math.log10(Math.max(value, 1e-9)) - HEAT_RANGE[0]) / (HEAT_RANGE[1] - HEAT_RANGE[0]);
    return `rgb(${VIRIDIS_TABLE[Math.min(255, Math.max(0, Math.round(255 * share)))].join(",")})`;
  }

  // Place of the step and number of the band under the pointer.
  at(event) {
    const box = this.plot.getBoundingClientRect(), { column, y } = this.frame;
    const { steps, edges } = this.data, down = event.clientY - box.top;
    const place = Math.floor((event.clientX - box.left - HEAT_LEFT) / column);
    const above = edges.findIndex((edge) => y(edge) < down);
    const band = above === -1 ? edges.length - 2 : Math.max(0, above - 1);
    return [Math.min(steps.length - 1, Math.max(0, place)), band];
  }

  point(event) {
    const [place, band] = this.at(event);
    this.say(place, band);
  }

  say(place, band) {
    if (!this.data?.steps.length) return;
    const { steps, edges, relative } = this.data, value = relative[place]?.[band];
    const where = `Step ${steps[place].toLocaleString("en")}, ${edges[band]} to ${edges[band + 1]} cycles per image`;
    this.says.textContent = value === null || value === undefined
      ? `${where}: the picture has no power here.`
      : `${where}: the error has ${number(value)} times the picture's power.`;
  }

  onKey(event) {
    const by = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!by || !this.data?.steps.length) return;
    event.preventDefault();
    this.band = Math.min(this.data.edges.length - 2, Math.max(0, this.band + by[1]));
    if (by[0]) this.onStep(Math.min(this.data.steps.length - 1, Math.max(0, this.row + by[0])));
    this.say(this.row, this.band);
  }
}
