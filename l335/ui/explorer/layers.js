// Statistics of each layer with weights: how its values are spread, and whether it learns.

const SUSPECT_HIGH = 1e-2, SUSPECT_LOW = 1e-4;

function judgement(ratio) {
  if (ratio === null || ratio === undefined) return "–";
  if (ratio > SUSPECT_HIGH) return "suspect: large steps";
  if (ratio < SUSPECT_LOW) return "suspect: hardly moves";
  return "healthy";
}

class Layers {
  constructor(host) {
    this.table = element("table", "numbers", element("div", "scroll", host));
    element("p", "note", host,
      "Update ratio: size of the last update over size of the weights; about 0.001 is healthy, above 0.01 or below 0.0001 is suspect. " +
      "Dead: share of ReLU units never above 0 on 1,000 test images.");
    this.body = element("div", "", host);
  }

  draw(_, { step, layers }) {
    this.table.dataset.step = step;
    this.table.replaceChildren();
    tableRow(this.table, ["Layer", "Update ratio", "In words", "Dead", "Gradient norm", "Activation deviation"], "th");
    this.body.replaceChildren();
    for (const { module, weight, gradient, update_ratio: ratio, activation } of layers) {
      tableRow(this.table, [module, number(ratio), judgement(ratio), percent(activation?.dead_share),
        number(gradient?.norm), number(activation?.std)]);
      const section = element("section", "layer", this.body);
      element("h4", "", section, module);
      const row = element("div", "histograms", section);
      const kinds = [["weights", weight], ["gradients", gradient], ["activations", activation]];
      for (const [title, values] of kinds) if (values?.histogram) histogram(row, title, values.histogram);
    }
  }
}
