// What the server knows, asked for once: snapshots, evaluations, looks, sheets, labels.

const POLL_MS = 2000;
const LOOK_POLL_MS = 250;
const OVER = ["completed", "failed", "cancelled"];

async function fetchJson(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new Error("The server does not answer.");
  }
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  if (!isJson) throw new Error(`The server answered with status ${response.status}.`);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `The server answered with status ${response.status}.`);
  return answer;
}

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

  static async load({ url, meta }) {
    const response = await fetch(url);
    if (!response.ok) throw new Error("A picture of the network could not be loaded.");
    const bitmap = await createImageBitmap(await response.blob(), { colorSpaceConversion: "none" });
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

class Source {
  // curves: keys of the metrics the slider moves along; hasClasses: whether images have labels
  constructor(prefix, uid, curves = ["train/accuracy", "test/accuracy"], hasClasses = true) {
    Object.assign(this, { prefix, uid, evaluations: new Map(), looks: new Map(), snapshots: [] });
    this.abort = new AbortController();
    this.cursor = 0;
    this.attempt = null;
    this.hasClasses = hasClasses;
    this.curves = Object.fromEntries(curves.map((key) => [key, new Map()]));
  }

  get isClosed() {
    return this.abort.signal.aborted;
  }

  close() {
    this.abort.abort();
    clearTimeout(this.timer);
  }

  async refresh() {
    const signal = { signal: this.abort.signal };
    const answer = await fetchJson(`${this.prefix}/api/runs/${this.uid}/snapshots`, signal);
    if (this.attempt !== null && this.attempt !== answer.run.attempt) {
      // Steps behind the checkpoint it went on from are written anew.
      this.cursor = 0;
      for (const points of Object.values(this.curves)) points.clear();
    }
    this.attempt = answer.run.attempt;
    this.run = answer.run;
    this.snapshots = answer.snapshots;
    for (let more = true; more; ) {
      const page = await fetchJson(
        `${this.prefix}/api/runs/${this.uid}/metrics?after=${this.cursor}`, signal);
      for (const [key, points] of Object.entries(this.curves)) {
        page.series[key]?.step.forEach((step, index) => points.set(step, numberOf(page.series[key].value[index])));
      }
      this.cursor = page.last_seq;
      more = page.more;
    }
    if (this.hasClasses) this.labels ??= await fetchJson(`${this.prefix}/api/test-labels`, signal);
  }

  // Keeps up with a run that is not over, gently, and never in a hidden tab.
  follow(onNews, onTrouble) {
    const again = async () => {
      if (this.isClosed) return;
      if (!document.hidden) {
        try {
          await this.refresh();
          onNews();
        } catch (error) {
          if (!this.isClosed) onTrouble(error, () => this.follow(onNews, onTrouble));
          return;
        }
      }
      if (!OVER.includes(this.run?.state)) this.timer = setTimeout(again, POLL_MS);
    };
    clearTimeout(this.timer);
    again();
  }

  evaluation(snapshot) {
    const { evaluation: url } = snapshot;
    if (!url) return null;
    if (!this.evaluations.has(url)) {
      const entry = { value: null };
      this.evaluations.set(url, entry);
      entry.promise = fetchJson(url, { signal: this.abort.signal }).then(
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
    const answer = await fetchJson(`${this.prefix}/api/runs/${this.uid}/looks`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(question),
      signal: this.abort.signal,
    });
    for (;;) {
      const look = await fetchJson(`${this.prefix}/api/looks/${answer.look}`, { signal: this.abort.signal });
      if (look.state === "failed") throw new Error(look.error ?? "The look has failed.");
      if (look.state === "done") {
        this.looks.set(key, look.products);
        return look.products;
      }
      onProgress(look);
      await new Promise((resolve) => setTimeout(resolve, LOOK_POLL_MS));
    }
  }
}
