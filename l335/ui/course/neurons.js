// What each unit draws, layer by layer, at the recorded weights not behind the slider.

const LAYER_TITLES = { encoding: "Encoding", output: "Output" };

class Units extends Sheets {
  get unitName() {
    return "unit";
  }

  get intro() {
    return "One tile for each unit: its value, behind its activation, at every point of the picture. Click a tile to see it large.";
  }

  get hint() {
    return "";
  }

  heading(layer, sheet) {
    const left = sheet.meta.num_left_out, what = layer === "encoding" ? "features" : layer === "output" ? "colours" : "units";
    const when = sheet.meta.waves ? "the same at every step" : `weights of step ${sheet.meta.steps[sheet.rowAt(this.step)].toLocaleString("en")}`;
    const count = left ? `${sheet.channels} of ${sheet.channels + left} ${what}` : `${sheet.channels} ${what}`;
    return `${LAYER_TITLES[layer] ?? layer.replace("linear", "Layer ")}: ${count}, ${when}`;
  }

  leftOut(count) {
    return `The first ones; ${count} more ${count === 1 ? "is" : "are"} left out.`;
  }

  name(sheet, channel) {
    const wave = sheet.meta.waves?.[channel];
    if (wave) return `feature ${channel}: ${wave.wave}, ${number(wave.across)} cycles across and ${number(wave.down)} down`;
    if (sheet === this.sheets.output) return ["red", "green", "blue"][channel];
    return `unit ${channel}`;
  }

  say() {
    super.say();
    const { layer, channel } = this.large, { meta } = this.sheets[layer], row = this.sheets[layer].rowAt(this.step);
    const facts = [`It is above 0 on ${percent(meta.above_zero[row][channel])} of the points.`];
    if (meta.weight_norm) facts.push(`Its incoming weights have length ${number(meta.weight_norm[row][channel])}.`);
    if (meta.dead?.[row][channel]) facts.push("It is dead: 0 at every point, so it gets no gradient.");
    this.value.textContent = `${this.value.textContent} ${facts.join(" ")}`;
  }
}

class Neurons {
  constructor(host, onTrouble) {
    Object.assign(this, { onTrouble, asked: null, place: 0 });
    this.details = element("details", "neurons", host);
    element("summary", "", this.details, "What each unit draws");
    this.head = element("div", "row", this.details);
    this.waiting = element("p", "note waiting", this.details);
    this.waiting.setAttribute("role", "status");
    this.body = element("div", "", this.details);
    this.body.hidden = true;
    this.units = new Units(this.body, "neurons", () => {});
    this.details.ontoggle = () => this.refresh();
  }

  begin({ seeds }) {
    Object.assign(this, { asked: null, place: 0 });
    this.body.hidden = true;
    this.waiting.textContent = "";
    this.head.replaceChildren();
    if (seeds.length < 2) return;
    const label = element("label", "", this.head, "Seed ");
    const choice = element("select", "", label);
    seeds.forEach((seed, place) => (element("option", "", choice, String(seed)).value = place));
    choice.onchange = () => {
      this.place = Number(choice.value);
      this.refresh();
    };
  }

  take(source) {
    this.source = source;
    this.refresh();
  }

  // Asks again only where there are weights it has not seen.
  async refresh() {
    const { source, place } = this;
    if (!this.details.open || !source?.snapshots.length) return;
    const held = source.snapshots.filter(({ parts }) => parts.weights).length;
    const asked = JSON.stringify([source.uid, place, held, OVER.includes(source.run.state)]);
    if (asked === this.asked) return;
    this.asked = asked;
    const isStale = () => source.isClosed || this.asked !== asked;
    this.waiting.textContent = "Drawing the units …";
    try {
      const products = await source.look({ kind: "neurons", place }, (look) => {
        const { state, share } = look;
        if (!isStale()) this.waiting.textContent = state === "queued"
          ? queueWords(look) : `Drawing the units: ${percent(share, 0)}`;
      });
      const sheets = {};
      for (const [name, product] of Object.entries(products)) sheets[name.split("/")[1]] = await Sheet.load(product, source.asking);
      if (isStale()) return;
      this.body.hidden = false;
      this.units.take(sheets);
      const [one] = Object.values(sheets).slice(-1), count = one.meta.steps.length;
      this.waiting.textContent = count === 1
        ? `Weights are kept of step ${one.meta.steps[0].toLocaleString("en")} only.`
        : `Weights are kept of ${count} steps; shown are the newest not behind the slider.`;
      this.draw(this.step);
    } catch (error) {
      if (isStale()) return;
      this.waiting.textContent = "";
      this.asked = null;
      this.onTrouble(error, () => this.refresh());
    }
  }

  draw(step) {
    this.step = step;
    if (!this.body.hidden && step !== undefined) this.units.draw(step);
  }
}
