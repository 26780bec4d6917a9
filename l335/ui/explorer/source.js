// What the server knows, asked for once: snapshots, evaluations, looks, sheets, labels.

const POLL_MS = 2000;
const LOOK_POLL_MS = 250;
const OVER = ["completed", "failed", "cancelled"];

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function unpackEvaluation(raw) {
  const confidence = new DataView(bytesOf(raw.confidence).buffer);
  return {
    ...raw,
    predicted: bytesOf(raw.predicted),
    confidence: Float32Array.from({ length: raw.num_images }, (_, index) =>
      confidence.getUint16(2 * index, true) / 65535),
  };
}

// A sheet of tiles as numbers: one grey level a pixel, with each tile's own range.
class Sheet {
  constructor(pixels, meta) {
    this.pixels = pixels;
    this.meta = meta;
    [this.rows, this.channels, this.height, this.width] = meta.shape;
  }

  static async load({ url, meta }, asking) {
    const bitmap = await createImageBitmap(await asking.blob(url), { colorSpaceConversion: "none" });
    const canvas = document.createElement("canvas");
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    const rgba = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
    const grey = new Uint8Array(rgba.length / 4);
    for (let index = 0; index < grey.length; index++) grey[index] = rgba[4 * index];
    return new Sheet(grey, meta);
  }

  // Row of the newest recorded step that is not behind the one asked for.
  rowAt(step) {
    let row = 0;
    this.meta.steps.forEach((one, index) => one <= step && (row = index));
    return row;
  }

  tile(row, channel) {
    const low = this.meta.min[row][channel], span = this.meta.max[row][channel] - low;
    const values = new Float32Array(this.height * this.width);
    const stride = this.channels * this.width;
    for (let y = 0; y < this.height; y++) {
      const start = (row * this.height + y) * stride + channel * this.width;
      for (let x = 0; x < this.width; x++) {
        values[y * this.width + x] = low + (this.pixels[start + x] / 255) * span;
      }
    }
    return values;
  }

  range(row, channel = null) {
    if (channel !== null) return [this.meta.min[row][channel], this.meta.max[row][channel]];
    return [Math.min(...this.meta.min[row]), Math.max(...this.meta.max[row])];
  }
}

// What is said while a look waits for its turn.
function queueWords({ ahead }) {
  return ahead ? `Waiting; ${ahead} ${ahead === 1 ? "analysis is" : "analyses are"} before it …` : "Waiting for a free worker …";
}

class Source {
  // onWait: as of Asking; curves: keys of the metrics the slider moves along; hasClasses: whether
  // images have labels
  constructor(prefix, uid, onWait, curves = ["train/accuracy", "test/accuracy"], hasClasses = true) {
    Object.assign(this, { prefix, uid, evaluations: new Map(), looks: new Map(), snapshots: [] });
    this.asking = new Asking(onWait);
    this.cursor = 0;
    this.attempt = null;
    this.hasClasses = hasClasses;
    this.curves = Object.fromEntries(curves.map((key) => [key, new Map()]));
  }

  get isClosed() {
    return this.asking.isClosed;
  }

  close() {
    this.asking.close();
  }

  async refresh() {
    const answer = await this.asking.json(`${this.prefix}/api/runs/${this.uid}/snapshots`);
    if (this.attempt !== null && this.attempt !== answer.run.attempt) {
      // Steps behind the checkpoint it went on from are written anew.
      this.cursor = 0;
      for (const points of Object.values(this.curves)) points.clear();
    }
    this.attempt = answer.run.attempt;
    this.run = answer.run;
    this.snapshots = answer.snapshots;
    for (let more = true; more; ) {
      const page = await this.asking.json(
        `${this.prefix}/api/runs/${this.uid}/metrics?after=${this.cursor}`);
      for (const [key, points] of Object.entries(this.curves)) {
        page.series[key]?.step.forEach((step, index) => points.set(step, numberOf(page.series[key].value[index])));
      }
      this.cursor = page.last_seq;
      more = page.more;
    }
    if (this.hasClasses) this.labels ??= await this.asking.json(`${this.prefix}/api/test-labels`);
  }

  // Keeps up with a run that is not over, gently, and never in a hidden tab.
  async follow(onNews, onTrouble) {
    const follower = (this.follower = {}); // a later call takes over
    const isStale = () => this.isClosed || this.follower !== follower;
    try {
      await this.asking.pause(0);
      while (!isStale()) {
        await this.refresh();
        if (isStale()) return;
        onNews();
        if (OVER.includes(this.run.state)) return;
        await this.asking.pause(POLL_MS);
      }
    } catch (error) {
      if (!isStale()) onTrouble(error, () => this.follow(onNews, onTrouble));
    }
  }

  evaluation(snapshot) {
    const { evaluation: url } = snapshot;
    if (!url) return null;
    if (!this.evaluations.has(url)) {
      const entry = { value: null };
      this.evaluations.set(url, entry);
      entry.promise = this.asking.json(url).then(
        (raw) => (entry.value = unpackEvaluation(raw)),
        (error) => {
          this.evaluations.delete(url);
          throw error;
        },
      );
    }
    return this.evaluations.get(url);
  }

  // A look's products, once a worker has made them; the same question is asked once.
  async look(question, onProgress = () => {}) {
    const key = JSON.stringify([question, this.snapshots.length]);
    if (this.looks.has(key)) return this.looks.get(key);
    const answer = await this.asking.json(`${this.prefix}/api/runs/${this.uid}/looks`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(question),
    });
    for (;;) {
      const look = await this.asking.json(`${this.prefix}/api/looks/${answer.look}`);
      if (look.state === "failed") throw new Error(look.error ?? "The look has failed.");
      if (look.state === "done") {
        this.looks.set(key, look.products);
        return look.products;
      }
      onProgress(look);
      await this.asking.pause(LOOK_POLL_MS);
    }
  }
}
