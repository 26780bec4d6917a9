// The confusion matrix as buttons, the images behind one of them, and the measures per class.

const MAX_SHOWN = 60;

// A row of test images as buttons, cut from one strip.
function strip(host, source, indices, caption, onPick) {
  host.replaceChildren();
  if (!indices.length) return;
  const url = `${source.prefix}/api/test-images?indices=${indices.join(",")}`;
  indices.forEach((index, place) => {
    const one = button("", host, () => onPick(index));
    one.className = "shot";
    const picture = element("span", "shot-picture", one);
    picture.style.backgroundImage = `url("${url}")`;
    picture.style.backgroundSize = `${100 * indices.length}% 100%`;
    picture.style.backgroundPosition = `${indices.length > 1 ? (100 * place) / (indices.length - 1) : 0}% 0`;
    element("span", "shot-text", one, caption(index));
    one.dataset.index = index;
  });
}

class Confusion {
  constructor(host, onPick) {
    Object.assign(this, { onPick, chosen: null });
    this.sides = element("div", "sides", host);
    const left = element("div", "scroll", this.sides);
    element("p", "note", left, "Rows: true class. Columns: predicted class. Click a number to see those images.");
    this.table = element("table", "confusion", left);
    this.measures = element("table", "numbers", element("div", "scroll", this.sides));
    this.title = element("h4", "", host);
    this.title.setAttribute("role", "status");
    this.images = element("div", "shots", host);
  }

  build(names) {
    const head = element("tr", "", element("thead", "", this.table));
    element("th", "", head, "True");
    for (const name of names) {
      const cell = element("th", "column", head);
      cell.scope = "col";
      element("span", "", cell, name);
    }
    const body = element("tbody", "", this.table);
    this.cells = names.map((truth, row) => {
      const line = element("tr", "", body);
      element("th", "", line, truth).scope = "row";
      return names.map((_, column) =>
        button("", element("td", "", line), () => {
          this.chosen = [row, column];
          this.draw(this.source, this.evaluation);
        }));
    });
  }

  draw(source, evaluation) {
    Object.assign(this, { source, evaluation });
    const { names } = source.labels;
    if (!this.cells) this.build(names);
    this.table.dataset.step = evaluation.step;
    evaluation.confusion.forEach((line, row) => {
      const total = line.reduce((a, b) => a + b, 0) || 1;
      line.forEach((count, column) => {
        const cell = this.cells[row][column];
        cell.textContent = count;
        cell.style.setProperty("--share", `${Math.round(100 * Math.sqrt(count / total))}%`);
        cell.className = `count${row === column ? " diagonal" : ""}${count > total / 3 ? " strong" : ""}`;
        cell.setAttribute("aria-label", `${count} images of ${names[row]} predicted as ${names[column]}`);
        cell.setAttribute("aria-pressed", String(this.chosen?.[0] === row && this.chosen?.[1] === column));
      });
    });
    this.drawMeasures(names, evaluation.per_class);
    if (this.chosen) this.drawImages(names);
  }

  drawMeasures(names, measures) {
    this.measures.replaceChildren();
    tableRow(this.measures, ["Class", "Precision", "Recall", "F1", "Images"], "th");
    names.forEach((name, at) => tableRow(this.measures, [
      name, percent(measures.precision[at]), percent(measures.recall[at]), percent(measures.f1[at]), measures.support[at]]));
  }

  drawImages(names) {
    const [row, column] = this.chosen, { predicted, confidence } = this.evaluation;
    const { labels } = this.source.labels;
    const found = [];
    predicted.forEach((label, index) => label === column && labels[index] === row && found.push(index));
    found.sort((a, b) => confidence[b] - confidence[a]);
    const shown = found.slice(0, MAX_SHOWN);
    const more = found.length > shown.length ? `, the ${shown.length} most confident` : "";
    this.title.textContent = `${names[row]} predicted as ${names[column]}: ${found.length} images${more}`;
    strip(this.images, this.source, shown, (index) => `${index}: ${percent(confidence[index], 0)}`, this.onPick);
  }
}
