// The image that is looked at, as the network sees it, and what the network says it is.

class Picture {
  // onAsk(question): another image was chosen; a question is {index} or {image: sha256}
  constructor(host, onAsk) {
    this.onAsk = onAsk;
    this.question = { index: 0 };
    const frame = element("div", "input-frame", host);
    this.canvas = element("canvas", "pixels input", frame);
    this.canvas.setAttribute("role", "img");
    this.box = element("div", "field-box", frame);
    this.box.hidden = true;
    this.caption = element("div", "note", host);
    const row = element("div", "row", host);
    button("Back", row, () => this.move(-1));
    this.field = element("input", "index", row);
    Object.assign(this.field, { type: "number", min: 0, max: 9999, value: 0 });
    this.field.setAttribute("aria-label", "Test image, 0 to 9,999");
    this.field.onchange = () => this.choose(Number(this.field.value));
    button("Next", row, () => this.move(1));
    button("Random", row, () => this.choose(Math.floor(1e4 * Math.random())));
    this.own = element("div", "own", host);
    this.verdict = element("div", "verdict", host);
    this.verdict.setAttribute("role", "status");
    this.bars = element("div", "bars", host);
  }

  move(by) {
    this.choose((((this.question.index ?? 0) + by) % 10000 + 10000) % 10000);
  }

  choose(index) {
    const kept = Math.min(9999, Math.max(0, Math.round(index) || 0));
    this.field.value = kept;
    this.ask({ index: kept });
  }

  ask(question) {
    this.question = question;
    this.showOwn(this.images ?? []);
    this.onAsk(question);
  }

  showOwn(images) {
    this.images = images;
    this.own.replaceChildren();
    if (!images.length) return;
    element("div", "note", this.own, "Your own pictures");
    for (const image of images) {
      const one = button("", this.own, () => this.ask({ image: image.sha256 }));
      one.className = "own-picture";
      one.setAttribute("aria-pressed", String(this.question.image === image.sha256));
      one.title = image.name;
      Object.assign(element("img", "", one), { src: image.url, alt: image.name });
    }
  }

  async showInput({ url, meta }, asking) {
    const bitmap = await createImageBitmap(await asking.blob(url));
    this.canvas.width = bitmap.width;
    this.canvas.height = bitmap.height;
    this.canvas.getContext("2d").drawImage(bitmap, 0, 0);
    const what = this.question.image ? "Your picture" : `Test image ${this.question.index}`;
    const how = meta.inverted ? "greyed and inverted" : "grey";
    this.caption.textContent = `${what} as the net sees it: ${bitmap.width} × ${bitmap.height} pixels, ${how}`;
    this.canvas.setAttribute("aria-label", this.caption.textContent);
    this.hideBox();
  }

  // Outlines rows top to bottom and columns left to right of the 28 by 28 input.
  showBox([top, left, bottom, right]) {
    this.box.hidden = false;
    Object.assign(this.box.style, {
      top: `${(100 * top) / 28}%`, left: `${(100 * left) / 28}%`,
      height: `${(100 * (bottom - top)) / 28}%`, width: `${(100 * (right - left)) / 28}%`,
    });
  }

  hideBox() {
    this.box.hidden = true;
  }

  showPrediction(prediction, step, names) {
    let row = 0;
    prediction.steps.forEach((one, index) => one <= step && (row = index));
    const shares = prediction.probabilities[row], truth = prediction.true_label;
    const best = shares.indexOf(Math.max(...shares));
    const judged = truth === null ? "" : best === truth ? ", right" : `, wrong: it is ${names[truth]}`;
    this.verdict.textContent = `Prediction: ${names[best]}, ${percent(shares[best])}${judged}`;
    this.verdict.dataset.step = prediction.steps[row];
    this.bars.replaceChildren();
    shares.forEach((share, index) => {
      const line = element("div", `bar-line${index === truth ? " true" : ""}`, this.bars);
      element("span", "", line, names[index] + (index === truth ? " (true)" : ""));
      element("span", "bar", element("span", "bar-track", line)).style.width = `${100 * share}%`;
      element("span", "value", line, percent(share));
    });
  }
}
