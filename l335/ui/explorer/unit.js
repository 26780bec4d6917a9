// The arithmetic of one output of a conv layer, as a sum a person can follow.

const MAX_INPUTS = 6;

function matrix(host, values, caption) {
  const size = Math.max(...values.flat().map(Math.abs), 1e-12);
  const figure = element("figure", "matrix", host);
  const table = element("table", "", figure);
  for (const line of values) {
    const row = element("tr", "", table);
    for (const value of line) {
      const cell = element("td", "", row, number(value, 2));
      const color = colorAt(DIVERGING, 0.5 + value / size / 2);
      cell.style.background = `rgb(${color})`;
      cell.style.color = Math.abs(value) > 0.75 * size ? "#fff" : "#111";
    }
  }
  element("figcaption", "note", figure, caption);
}

function showUnit(host, unit) {
  host.replaceChildren();
  const box = unit.box;
  element("p", "", host,
    `The unit at row ${unit.row}, column ${unit.column} of ${unit.layer}, map ${unit.channel}, at step ${unit.step}: ` +
    `it sees rows ${box[0]} to ${box[2] - 1} and columns ${box[1]} to ${box[3] - 1} of the image, outlined there.`);
  const sums = unit.inputs.map((patch, input) =>
    patch.flat().reduce((sum, value, at) => sum + value * unit.weights[input].flat()[at], 0));
  const order = sums.map((_, input) => input).sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a]));
  for (const input of order.slice(0, MAX_INPUTS).sort((a, b) => a - b)) {
    const row = element("div", "row product", host);
    matrix(row, unit.inputs[input], `input channel ${input}`);
    element("span", "sign", row, "×");
    matrix(row, unit.weights[input], "weights");
    element("span", "sign", row, `= ${number(sums[input], 4)}`);
  }
  if (order.length > MAX_INPUTS) {
    const others = order.slice(MAX_INPUTS).reduce((sum, input) => sum + sums[input], 0);
    element("p", "note", host, `The ${order.length - MAX_INPUTS} input channels that add least: together ${number(others, 4)}`);
  }
  const list = element("dl", "sum", host);
  const line = (name, value) => {
    element("dt", "", list, name);
    element("dd", "", list, number(value, 5)).dataset.value = value;
  };
  line("Sum of products", unit.products_sum);
  line("+ bias", unit.bias);
  line("= before activation", unit.pre_activation);
  if (unit.normalised !== null) line("after batch norm", unit.normalised);
  line(`after ${unit.activation}`, unit.output);
}
