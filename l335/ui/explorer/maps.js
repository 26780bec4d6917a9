// Feature maps or filters of every conv layer as grids of tiles; one of them large.

class Sheets {
  // kind: "maps" or "filters"; onUnit(layer, channel, row, column)
  constructor(host, kind, onUnit) {
    Object.assign(this, { kind, onUnit, sheets: {}, grids: {}, large: null });
    const head = element("div", "row", host);
    element("span", "note", head, "Colour scale");
    this.scale = new Choice("Colour scale", [
      ["map", `By ${this.unitName}`], ["layer", "By layer"], ["net", "By net"],
    ], head, () => this.draw(this.step));
    this.note = element("p", "note", host);
    this.body = element("div", "", host);
    this.dialog = element("div", "large", host);
    this.dialog.hidden = true;
    this.dialog.setAttribute("role", "region");
    this.dialog.onkeydown = (event) => event.key === "Escape" && this.closeLarge();
  }

  take(sheets) {
    const isSame = JSON.stringify(Object.entries(this.sheets).map(([name, one]) => [name, one.channels]))
      === JSON.stringify(Object.entries(sheets).map(([name, one]) => [name, one.channels]));
    this.sheets = sheets;
    if (!isSame || !Object.keys(sheets).length) this.build();
  }

  get unitName() {
    return this.kind === "maps" ? "map" : "filter";
  }

  get intro() {
    const what = this.kind === "maps" ? "feature maps" : "filters of a conv layer";
    if (!Object.keys(this.sheets).length)
      return `The basic net has no conv layers, so it has no ${what}: each unit sees the whole image. Train a CNN to see some.`;
    return this.kind === "maps"
      ? "One tile for each channel, after the activation. Click a tile to see it large."
      : "One tile for each pair of output and input channel. White is 0, red positive, blue negative.";
  }

  heading(layer, sheet) {
    const size = `${sheet.height} × ${sheet.width}`;
    return this.kind === "maps"
      ? `${layer}: ${sheet.channels} maps of ${size}`
      : `${layer}: ${sheet.channels / sheet.meta.num_inputs} filters, ${sheet.meta.num_inputs} inputs, ${size}`;
  }

  leftOut(count) {
    return `The first filters; ${count} further output channels are left out.`;
  }

  get hint() {
    return this.kind === "maps" ? " Click, or use the arrows and Enter, for its arithmetic." : "";
  }

  build() {
    this.body.replaceChildren();
    this.grids = {};
    this.note.textContent = this.intro;
    for (const [layer, sheet] of Object.entries(this.sheets)) {
      const section = element("section", "layer", this.body);
      const head = element("h4", "", section, layer);
      const legend = element("span", "legend", section);
      const grid = element("div", `tiles ${this.kind}`, section);
      const tiles = Array.from({ length: sheet.channels }, (_, channel) => {
        const one = button("", grid, () => this.open(layer, channel));
        one.className = "tile";
        one.setAttribute("aria-label", `${layer}, ${this.name(sheet, channel)}`);
        one.title = this.name(sheet, channel);
        return element("canvas", "pixels", one);
      });
      const left = sheet.meta.num_left_out;
      if (left) element("p", "note", section, this.leftOut(left));
      this.grids[layer] = { head, legend, tiles };
    }
  }

  name(sheet, channel) {
    const { num_inputs: inputs } = sheet.meta;
    if (this.kind === "maps") return `map ${channel}`;
    return `filter ${Math.floor(channel / inputs)}, input ${channel % inputs}`;
  }

  // Lowest and highest value the colours of one tile span.
  span(layer, step, channel) {
    const one = this.sheets[layer];
    const scale = this.scale.value;
    let low, high;
    if (scale === "net") {
      const all = Object.values(this.sheets).map((sheet) => sheet.range(sheet.rowAt(step)));
      [low, high] = [Math.min(...all.map(([a]) => a)), Math.max(...all.map(([, b]) => b))];
    } else [low, high] = one.range(one.rowAt(step), scale === "map" ? channel : null);
    if (this.kind !== "filters") return [low, high];
    const size = Math.max(Math.abs(low), Math.abs(high));
    return [-size, size];
  }

  get colors() {
    return this.kind === "filters" ? DIVERGING_TABLE : VIRIDIS_TABLE;
  }

  draw(step) {
    this.step = step;
    for (const [layer, { head, legend, tiles }] of Object.entries(this.grids)) {
      const sheet = this.sheets[layer], row = sheet.rowAt(step);
      head.textContent = this.heading(layer, sheet);
      head.dataset.step = sheet.meta.steps[row];
      const [low, high] = this.scale.value === "map" ? sheet.range(row) : this.span(layer, step, 0);
      const text = `${number(low)} to ${number(high)}`;
      legend.replaceChildren();
      element("span", "note", legend, this.scale.value === "map" ? `each tile its own range, all within ${text}` : number(low));
      element("span", `ramp ${this.kind}`, legend);
      if (this.scale.value !== "map") element("span", "note", legend, number(high));
      tiles.forEach((canvas, channel) =>
        paint(canvas, sheet.tile(row, channel), sheet.width, sheet.height, ...this.span(layer, step, channel), this.colors));
    }
    if (this.large) this.drawLarge();
  }

  open(layer, channel) {
    this.large = { layer, channel };
    const sheet = this.sheets[layer];
    this.dialog.hidden = false;
    this.dialog.replaceChildren();
    const head = element("div", "row", this.dialog);
    this.dialog.setAttribute("aria-label", `${layer}, ${this.name(sheet, channel)}, large`);
    element("strong", "", head, `${layer}, ${this.name(sheet, channel)}`);
    const close = button("Close", head, () => this.closeLarge());
    this.canvas = element("canvas", "pixels large-map", this.dialog);
    this.canvas.tabIndex = 0;
    this.value = element("div", "note", this.dialog);
    this.value.setAttribute("role", "status");
    this.detail = element("div", "", this.dialog);
    this.at = { row: sheet.height >> 1, column: sheet.width >> 1 };
    this.canvas.onpointermove = (event) => this.point(event);
    this.canvas.onclick = (event) => {
      this.point(event);
      this.pick();
    };
    this.canvas.onkeydown = (event) => this.onKey(event);
    this.drawLarge();
    close.focus();
    this.dialog.scrollIntoView({ block: "nearest" });
  }

  closeLarge() {
    const { layer, channel } = this.large;
    this.large = null;
    this.dialog.hidden = true;
    this.onUnit(null);
    this.grids[layer]?.tiles[channel]?.parentElement.focus();
  }

  drawLarge() {
    const { layer, channel } = this.large, sheet = this.sheets[layer];
    this.values = sheet.tile(sheet.rowAt(this.step), channel);
    paint(this.canvas, this.values, sheet.width, sheet.height, ...this.span(layer, this.step, channel), this.colors);
    this.say();
  }

  say() {
    const sheet = this.sheets[this.large.layer], { row, column } = this.at;
    this.value.textContent = `Row ${row}, column ${column}: ${number(this.values[row * sheet.width + column])}.${this.hint}`;
    this.canvas.setAttribute("aria-label", this.value.textContent);
  }

  point(event) {
    const sheet = this.sheets[this.large.layer], box = this.canvas.getBoundingClientRect();
    const place = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    this.at = {
      row: place((event.clientY - box.top) / box.height, sheet.height),
      column: place((event.clientX - box.left) / box.width, sheet.width),
    };
    this.say();
  }

  onKey(event) {
    const sheet = this.sheets[this.large.layer];
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Enter") this.pick();
    if (!by) return;
    event.preventDefault();
    this.at.row = Math.min(sheet.height - 1, Math.max(0, this.at.row + by[0]));
    this.at.column = Math.min(sheet.width - 1, Math.max(0, this.at.column + by[1]));
    this.say();
  }

  pick() {
    if (this.kind === "maps") this.onUnit({ ...this.large, ...this.at }, this.detail);
  }
}
