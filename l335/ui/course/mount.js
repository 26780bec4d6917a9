// Puts the parts together: one course per mounted component, kept through every page rerun.

const CURVES = ["train/psnr_db", "test/psnr_db"];
const courses = new WeakMap();

class CourseScrubber extends Scrubber {
  get curveName() {
    return "PSNR";
  }

  where({ step }) {
    return `step ${step.toLocaleString("en")} of ${this.run.total_steps.toLocaleString("en")}`;
  }

  reading(step) {
    const names = { "train/psnr_db": "PSNR", "test/psnr_db": "held-out PSNR" };
    const lines = ["dashed", "solid"];
    const found = Object.entries(this.source.curves).filter(([, points]) => points.size);
    return found.flatMap(([key, points]) => {
      const value = points.get(step) ?? null;
      if (value === null) return [];
      const shown = Number.isFinite(value) ? `${value.toFixed(2)} dB` : inWords(value);
      const line = found.length > 1 ? ` (${lines[CURVES.indexOf(key)]})` : "";
      return [`${names[key]} ${shown}${line}`];
    }).join(", ");
  }

  span(found) {
    if (!found.length) return [0, 1];
    const low = Math.min(...found), high = Math.max(...found, low + 1);
    return [low - 0.5, high + 0.5];
  }
}

class Course extends RecordedView {
  constructor(host) {
    super(host, {
      gone: "This run has no snapshots: it is from before they were recorded, or ended before the first. Train it once more to see its course.",
      waiting: "The course appears here as soon as the run begins.",
    });
    const complain = (error, retry) => this.complain(error, retry);
    this.scrubber = new CourseScrubber(element("div", "scrubber", this.inside), (snapshot) => this.show(snapshot));
    const row = element("div", "shown-row", this.inside);
    this.pictures = new Pictures(row);
    this.spectrum = new Spectrum(row);
    this.wallNote = element("p", "note", this.inside,
      "Several seeds are one run here: it keeps the wall of their pictures, and no spectrum or error map. Train one seed to see those.");
    this.heat = new HeatMap(element("section", "heat-map", this.inside), (place) => this.goTo(place));
    this.film = new Film(this.inside, complain);
    this.neurons = new Neurons(this.inside, complain);
  }

  // A step of the heat map, as the place of its snapshot.
  goTo(place) {
    const step = this.spectra.steps[place];
    this.scrubber.stop();
    this.scrubber.go(this.source.snapshots.findIndex((one) => one.step === step));
  }

  update({ data }) {
    const isNew = !this.data || this.data.uid !== data.uid || this.data.prefix !== data.prefix;
    const isRestarted = !isNew && this.data.state !== data.state;
    this.data = data;
    if (isNew) this.begin();
    else if (isRestarted) this.follow();
  }

  begin() {
    this.close();
    this.source = new Source(this.data.prefix, this.data.uid, (sentence) => this.wait(sentence), CURVES, false);
    Object.assign(this, { snapshot: null, spectra: null, known: null });
    this.scrubber.place = 0;
    this.scrubber.snapshots = [];
    this.inside.hidden = true;
    this.empty.hidden = false;
    this.empty.textContent = "Loading …";
    this.wait(null);
    const isWall = this.data.seeds.length > 1;
    this.wallNote.hidden = !isWall;
    this.spectrum.take(null);
    this.heat.take(null);
    for (const part of [this.pictures, this.neurons, this.film]) part.begin(this.data);
    this.film.source = this.source;
    this.follow();
  }

  takeSnapshots(source) {
    this.neurons.take(source);
  }

  // Spectra in one answer, again only where there are new ones; then the pictures.
  async prefetch() {
    const { source } = this, known = JSON.stringify([source.snapshots.map(({ step }) => step), source.run.attempt]);
    if (this.known === known) return;
    this.known = known;
    try {
      if (this.data.seeds.length === 1) {
        const spectra = await source.asking.json(`${source.prefix}/api/runs/${source.uid}/spectra`);
        if (source.isClosed || this.known !== known) return;
        this.spectra = spectra;
        this.spectrum.take(spectra);
        this.heat.take(spectra);
        this.show(this.snapshot);
      }
      await this.pictures.prefetch(source.snapshots, source.asking);
      if (this.known === known) this.inside.dataset.loaded = source.snapshots.length;
    } catch (error) {
      if (source.isClosed) return;
      this.known = null;
      this.complain(error, () => this.prefetch());
    }
  }

  // Everything at one snapshot; nothing here waits for the server once it is loaded.
  show(snapshot) {
    this.snapshot = snapshot;
    const { source } = this;
    this.pictures.show(snapshot, source.asking).catch((error) => {
      if (!source.isClosed) this.complain(error, () => this.show(this.snapshot));
    });
    this.spectrum.draw(snapshot.step);
    this.heat.draw(snapshot.step);
    this.neurons.draw(snapshot.step);
  }

  close() {
    this.source?.close();
    this.scrubber.stop();
    this.pictures.clear();
  }
}

export default function mount(component) {
  const { parentElement } = component;
  let course = courses.get(parentElement);
  if (!course) {
    course = new Course(parentElement.querySelector(".course"));
    courses.set(parentElement, course);
  }
  course.update(component);
  return () => {
    course.close();
    courses.delete(parentElement);
  };
}
