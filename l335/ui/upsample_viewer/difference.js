// One picture less another, in colours that tell brighter from darker.

const GAINS = [1, 2, 4, 8, 16, 32];
const GREY_MIDDLE = table256([
  [40, 120, 255], [72, 112, 180], [128, 128, 128], [190, 112, 60], [255, 120, 0],
]);

class Difference {
  constructor(parent, onChange) {
    this.host = element("div", "row difference", parent);
    this.onChange = onChange;
    this.isOn = false;
    this.toggle = button("Difference", this.host, () => this.set(!this.isOn));
    this.settings = element("div", "row", this.host);
    this.first = this.choice("Picture", []);
    element("span", "", this.settings, "−");
    this.second = this.choice("Picture taken away", []);
    element("span", "", this.settings, "gain");
    this.gain = this.choice("Gain", GAINS.map((gain) => [String(gain), `${gain}×`]));
    this.gain.value = "4";
    this.legend = element("div", "legend", this.settings);
    this.low = element("span", "", this.legend);
    const bar = element("canvas", "", this.legend);
    bar.setAttribute("role", "img");
    bar.setAttribute("aria-label", "Blue is darker, grey is equal, orange is brighter");
    paint(bar, Float32Array.from({ length: 256 }, (_, index) => index), 256, 1, 0, 255, GREY_MIDDLE);
    this.high = element("span", "", this.legend);
    this.set(false);
  }

  choice(label, options) {
    const made = element("select", "", this.settings);
    made.setAttribute("aria-label", label);
    this.fill(made, options);
    made.onchange = () => this.onChange();
    return made;
  }

  fill(select, options) {
    select.replaceChildren();
    for (const [value, title] of options) element("option", "", select, title).value = value;
  }

  offer(panes) {
    const options = panes.map(({ name, title }) => [name, title]);
    for (const select of [this.first, this.second]) {
      const before = select.value;
      this.fill(select, options);
      if (options.some(([name]) => name === before)) select.value = before;
    }
    if (this.first.value !== this.second.value) return;
    this.second.value = options.some(([name]) => name === "original") ? "original" : options[1][0];
  }

  set(isOn) {
    this.isOn = isOn;
    this.toggle.setAttribute("aria-pressed", String(isOn));
    this.settings.hidden = !isOn;
    this.onChange();
  }

  // Means over red, green and blue, in [-1, 1]; the pictures have equally many pixels.
  draw(pane, pictures) {
    const [one, other] = [this.first, this.second].map((select) =>
      pictures.find(({ name }) => name === select.value));
    const limit = 1 / Number(this.gain.value);
    const { data, width, height } = one.pixels, taken = other.pixels.data;
    const values = new Float32Array(width * height);
    for (let index = 0, at = 0; index < values.length; index++, at += 4) {
      const sum = data[at] - taken[at] + data[at + 1] - taken[at + 1] + data[at + 2] - taken[at + 2];
      values[index] = sum / (3 * 255);
    }
    paint(pane.canvas, values, width, height, -limit, limit, GREY_MIDDLE);
    pane.name(`${one.title} − ${other.title}`);
    this.low.textContent = `darker by ${number(limit)}`;
    this.high.textContent = `brighter by ${number(limit)}`;
  }
}
