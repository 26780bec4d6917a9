// Puts the parts together: one explorer per mounted component, kept through every page rerun.

const TABS = [
  ["maps", "Feature maps"], ["filters", "Filters"], ["confusion", "Confusion"],
  ["calibration", "Calibration"], ["mistakes", "Mistakes"], ["layers", "Layers"],
];
const UNIT_DELAY_MS = 250; // while the slider moves, no worker is asked
const explorers = new WeakMap();

class Explorer extends RecordedView {
  constructor(host) {
    super(host, {
      gone: "This run has no snapshots: it is from before they were recorded, or ended before the first. Train it once more to look inside.",
      waiting: "Snapshots appear here as the run trains.",
    });
    this.scrubber = new Scrubber(element("div", "scrubber", this.inside), (snapshot) => this.show(snapshot));
    const columns = element("div", "columns", this.inside);
    this.picture = new Picture(element("div", "picture", columns), () => this.lookAt());
    const right = element("div", "tabs", columns);
    this.waiting = element("p", "waiting note", right);
    this.waiting.setAttribute("role", "status");
    this.buildTabs(right);
  }

  buildTabs(host) {
    this.tabs = new Choice("What to look at", TABS, host, () => this.showTab());
    host.prepend(this.tabs.host);
    const pages = (this.pages = {});
    for (const [name] of TABS) pages[name] = element("div", "tab", host);
    const pick = (index) => this.picture.choose(index);
    this.maps = new Sheets(pages.maps, "maps", (at, detail) => this.lookAtUnit(at, detail));
    this.filters = new Sheets(pages.filters, "filters", () => {});
    this.judged = {
      confusion: new Confusion(pages.confusion, pick),
      calibration: new Calibration(pages.calibration),
      mistakes: new Mistakes(pages.mistakes, pick),
      layers: new Layers(pages.layers),
    };
    this.showTab();
  }

  showTab() {
    for (const [name, page] of Object.entries(this.pages)) page.hidden = name !== this.tabs.value;
    if (this.snapshot) this.show(this.snapshot);
  }

  update({ data }) {
    const isNew = !this.data || this.data.uid !== data.uid || this.data.prefix !== data.prefix;
    const isRestarted = !isNew && this.data.state !== data.state;
    const isChosen = data.chosen && data.chosen !== this.data?.chosen;
    this.data = data;
    if (isNew) this.begin();
    else if (isRestarted) this.follow();
    this.picture.showOwn(data.images);
    if (isChosen) this.picture.ask({ image: data.chosen });
  }

  begin() {
    this.close();
    this.source = new Source(this.data.prefix, this.data.uid, (sentence) => this.wait(sentence));
    Object.assign(this, { prediction: null, snapshot: null, unit: null, asked: null });
    this.inside.hidden = true;
    this.empty.hidden = false;
    this.wait(null);
    this.follow();
  }

  takeSnapshots() {
    if (this.asked !== this.questionKey()) this.lookAt();
  }

  questionKey() {
    return JSON.stringify([this.picture.question, this.source.snapshots.length]);
  }

  // Evaluations around the slider first, the others after them, one at a time.
  async prefetch() {
    const { source } = this, { place } = this.scrubber;
    const order = source.snapshots.map((one, at) => [Math.abs(at - place), one]).sort((a, b) => a[0] - b[0]);
    try {
      for (const [, one] of order) {
        if (source.isClosed) return;
        await source.evaluation(one)?.promise;
      }
    } catch (error) {
      if (!source.isClosed) this.complain(error, () => this.prefetch());
    }
  }

  // Asks a worker what the network makes of the image, at every snapshot.
  async lookAt() {
    const { source } = this, { question } = this.picture;
    if (!source?.snapshots.length) return;
    const asked = (this.asked = this.questionKey());
    const isStale = () => source.isClosed || this.asked !== asked;
    this.waiting.textContent = "Looking through the network …";
    try {
      const products = await source.look({ kind: "feature_maps", ...question }, (look) => {
        const { state, share } = look;
        if (!isStale()) this.waiting.textContent = state === "queued"
          ? queueWords(look) : `Looking through the network: ${percent(share, 0)}`;
      });
      const loaded = { maps: {}, filters: {} };
      for (const [name, product] of Object.entries(products)) {
        const [kind, layer] = name.split("/");
        if (layer) loaded[kind][layer] = await Sheet.load(product, source.asking);
      }
      const prediction = await source.asking.json(products.prediction.url);
      if (isStale()) return;
      this.maps.take(loaded.maps);
      this.filters.take(loaded.filters);
      this.prediction = prediction;
      await this.picture.showInput(products.input, source.asking);
      this.waiting.textContent = "";
      this.complain(null);
      this.show(this.snapshot);
    } catch (error) {
      if (isStale()) return;
      this.waiting.textContent = "";
      this.complain(error, () => this.lookAt());
    }
  }

  // Everything at one snapshot; nothing here waits for the server once it is loaded.
  show(snapshot) {
    this.snapshot = snapshot;
    const { step } = snapshot, { names } = this.source.labels;
    if (this.prediction) {
      this.picture.showPrediction(this.prediction, step, names);
      if (this.tabs.value === "maps") this.maps.draw(step);
      if (this.tabs.value === "filters") this.filters.draw(step);
      const isOld = this.unit && (this.unit.step !== step || this.unit.question !== this.picture.question);
      if (isOld) this.lookAtUnit(this.unit.at, this.unit.detail, UNIT_DELAY_MS);
    }
    const view = this.judged[this.tabs.value];
    if (view) this.showJudged(view, snapshot);
  }

  async showJudged(view, snapshot) {
    const entry = this.source.evaluation(snapshot);
    this.pages[this.tabs.value].classList.toggle("unjudged", !entry);
    if (!entry) {
      this.waiting.textContent = "This step was not judged; move the slider to the right.";
      return;
    }
    if (this.waiting.textContent.startsWith("This step")) this.waiting.textContent = "";
    if (entry.value) return view.draw(this.source, entry.value);
    try {
      const evaluation = await entry.promise;
      if (this.snapshot === snapshot && this.judged[this.tabs.value] === view) view.draw(this.source, entry.value ?? evaluation);
    } catch (error) {
      if (!this.source.isClosed) this.complain(error, () => this.show(this.snapshot));
    }
  }

  async lookAtUnit(at, detail, delay = 0) {
    clearTimeout(this.unitTimer);
    if (!at) {
      this.unit = null;
      return this.picture.hideBox();
    }
    const { source } = this, { step } = this.snapshot, { question } = this.picture;
    const unit = (this.unit = { at: { ...at }, detail, step, question });
    await new Promise((resolve) => (this.unitTimer = setTimeout(resolve, delay)));
    try {
      const products = await source.look({ kind: "unit", step, ...at, ...question });
      const answer = await source.asking.json(products.unit.url);
      if (this.unit !== unit) return;
      showUnit(detail, answer);
      this.picture.showBox(answer.box);
    } catch (error) {
      if (!source.isClosed && this.unit === unit) this.complain(error, () => this.lookAtUnit(at, detail));
    }
  }

  close() {
    this.source?.close();
    this.scrubber.stop();
    clearTimeout(this.unitTimer);
  }
}

export default function mount(component) {
  const { parentElement } = component;
  let explorer = explorers.get(parentElement);
  if (!explorer) {
    explorer = new Explorer(parentElement.querySelector(".explorer"));
    explorers.set(parentElement, explorer);
  }
  explorer.update(component);
  return () => {
    explorer.close();
    explorers.delete(parentElement);
  };
}
