// Calibration and the most confident mistakes of one evaluation, and histograms.

const MAX_MISTAKES = 40;

class Calibration {
  constructor(host) {
    this.text = element("p", "", host);
    this.plot = svg("svg", { class: "calibration", viewBox: "0 0 440 300", role: "img" }, host);
    element("p", "note", host,
      "Bars: share of right answers among images of this confidence. Dashes: what perfect calibration would give. Numbers: images.");
  }

  draw(_, { step, calibration }) {
    this.text.textContent = `Expected calibration error (ECE): ${percent(calibration.ece)}`;
    this.text.dataset.step = step;
    const x = (share) => 40 + 390 * share, y = (share) => 255 - 230 * share;
    this.plot.replaceChildren();
    const say = (text, at, className = "axis") => (svg("text", { ...at, class: className }, this.plot).textContent = text);
    for (const share of [0, 0.5, 1]) {
      say(percent(share, 0), { x: 34, y: y(share) + 4, "text-anchor": "end" });
      say(percent(share, 0), { x: x(share), y: 272, "text-anchor": "middle" });
    }
    say("confidence", { x: 235, y: 292, "text-anchor": "middle" });
    for (const bin of calibration.bins) {
      if (!bin.count) continue;
      const width = x(bin.high) - x(bin.low) - 2;
      const bar = svg("rect", {
        x: x(bin.low) + 1, y: y(bin.accuracy), width, height: y(0) - y(bin.accuracy), class: "bar-fill" }, this.plot);
      svg("title", {}, bar).textContent = `confidence ${percent(bin.confidence)}, right ${percent(bin.accuracy)}, ${bin.count} images`;
      say(bin.count, { x: x(bin.low) + 1 + width / 2, y: y(bin.accuracy) - 4, "text-anchor": "middle" }, "count-text");
    }
    svg("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), class: "diagonal-line" }, this.plot);
    svg("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(0), class: "base" }, this.plot);
    this.plot.setAttribute("aria-label", `Calibration: ${calibration.bins.filter((bin) => bin.count)
      .map((bin) => `${percent(bin.confidence, 0)} sure, ${percent(bin.accuracy, 0)} right`).join("; ")}`);
  }
}

class Mistakes {
  constructor(host, onPick) {
    this.onPick = onPick;
    this.text = element("p", "note", host);
    this.images = element("div", "shots wide", host);
  }

  draw(source, { step, predicted, confidence }) {
    const { labels, names } = source.labels;
    const wrong = [];
    predicted.forEach((label, index) => label !== labels[index] && wrong.push(index));
    wrong.sort((a, b) => confidence[b] - confidence[a]);
    this.text.textContent = `${wrong.length.toLocaleString("en")} of ${predicted.length.toLocaleString("en")} test images are ` +
      "taken for something else; these with the most confidence. Click one to look inside.";
    this.text.dataset.step = step;
    strip(this.images, source, wrong.slice(0, MAX_MISTAKES), (index) =>
      `${names[labels[index]]} taken for ${names[predicted[index]]}, ${percent(confidence[index], 0)}`, this.onPick);
  }
}

// 40 bars of counts, with the range they span written below.
function histogram(host, title, { min, max, counts }) {
  const figure = element("figure", "histogram", host);
  const plot = svg("svg", { viewBox: "0 0 160 60", role: "img", preserveAspectRatio: "none" }, figure);
  const top = Math.max(...counts, 1), width = 160 / counts.length;
  counts.forEach((count, at) => svg("rect", {
    x: at * width, width: width * 0.9, y: 60 - (58 * count) / top, height: (58 * count) / top, class: "bar-fill" }, plot));
  plot.setAttribute("aria-label", `${title}: values between ${number(min)} and ${number(max)}`);
  const caption = element("figcaption", "note", figure);
  element("span", "", caption, number(min));
  element("span", "", caption, title);
  element("span", "", caption, number(max));
}
