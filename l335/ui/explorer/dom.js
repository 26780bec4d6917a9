// Small pieces everything else is drawn with: elements, colours, numbers in words.

const VIRIDIS = [
  [68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142],
  [31, 158, 137], [53, 183, 121], [109, 205, 89], [180, 222, 44], [253, 231, 37],
];
const DIVERGING = [
  [33, 102, 172], [67, 147, 195], [146, 197, 222], [209, 229, 240], [247, 247, 247],
  [253, 219, 199], [244, 165, 130], [214, 96, 77], [178, 24, 43],
];

function element(tag, className, parent, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

function svg(tag, attributes, parent) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent?.append(made);
  return made;
}

function button(text, parent, onclick) {
  const made = element("button", "", parent, text);
  made.type = "button";
  made.onclick = onclick;
  return made;
}

// A group of buttons of which one is pressed.
class Choice {
  constructor(label, options, parent, onChoose) {
    this.host = element("div", "choice", parent);
    this.host.setAttribute("role", "group");
    this.host.setAttribute("aria-label", label);
    this.buttons = options.map(([name, title]) => {
      const one = button(title, this.host, () => {
        this.set(name);
        onChoose(name);
      });
      one.dataset.name = name;
      return one;
    });
    this.set(options[0][0]);
  }

  set(name) {
    this.value = name;
    for (const one of this.buttons) {
      one.setAttribute("aria-pressed", String(one.dataset.name === name));
    }
  }
}

// A colour [r, g, b] for a share in [0, 1].
function colorAt(stops, share) {
  const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const low = Math.floor(place), high = Math.min(low + 1, stops.length - 1);
  return stops[low].map((part, index) => Math.round(part + (place - low) * (stops[high][index] - part)));
}

function table256(stops) {
  return Array.from({ length: 256 }, (_, index) => colorAt(stops, index / 255));
}
const VIRIDIS_TABLE = table256(VIRIDIS);
const DIVERGING_TABLE = table256(DIVERGING);

function number(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size < 1e-3 || size >= 1e5 ? value.toExponential(digits - 1) : value.toPrecision(digits);
  return text.replace("-", "−");
}

function percent(share, digits = 1) {
  return share === null || share === undefined ? "–" : `${(100 * share).toFixed(digits)} %`;
}

// Paints values [height * width] onto a canvas, one pixel each; CSS enlarges it.
function paint(canvas, values, width, height, low, high, table) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  const scale = high > low ? 255 / (high - low) : 0;
  for (let index = 0; index < width * height; index++) {
    const place = Math.min(255, Math.max(0, Math.round((values[index] - low) * scale)));
    const color = table[place];
    picture.data.set(color, 4 * index);
    picture.data[4 * index + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}

function tableRow(parent, cells, tag = "td") {
  const row = element("tr", "", parent);
  cells.forEach((text, index) => {
    const cell = element(tag === "th" || index === 0 ? "th" : "td", "", row, text);
    if (cell.tagName === "TH") cell.scope = tag === "th" ? "col" : "row";
  });
  return row;
}
