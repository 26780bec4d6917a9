// Values an axis has no place for: not finite, or 0 and less on a logarithmic one. Each is marked
// at the edge it lies behind, so that it is seen and said; a value that is no number is a gap.

const EDGES = {
  low: { y: 0, symbol: "triangle-down", arrow: "▼" },
  high: { y: 1, symbol: "triangle-up", arrow: "▲" },
};
const MOST_MARKS = 48; // of one line; more would run together

// The edge a value lies behind; null where the axis has a place for it, or where it is a gap.
function edgeOf(value, isLog) {
  if (value === null) return null;
  if (value === Infinity) return "high";
  return value === -Infinity || (isLog && value <= 0) ? "low" : null;
}

// The values an axis has a place for, and gaps.
function onAxis(values, isLog) {
  return values.map((value) => (edgeOf(value, isLog) ? null : value));
}

// Places of the values behind one edge, evenly downsampled; the first and the last stay.
function placesBehind(values, isLog, edge) {
  const places = [...values.keys()].filter((place) => edgeOf(values[place], isLog) === edge);
  if (places.length <= MOST_MARKS) return places;
  const step = (places.length - 1) / (MOST_MARKS - 1);
  return Array.from({ length: MOST_MARKS }, (_, number) => places[Math.round(number * step)]);
}

// What the marks at an edge stand for: "▼ at the lower edge: 0, which has no place on this axis".
function edgeSentence(edge, values) {
  const { arrow } = EDGES[edge];
  if (edge === "high") return `${arrow} at the upper edge: infinite`;
  const kinds = [
    values.includes(0) && "0",
    values.some((value) => value < 0 && value !== -Infinity) && "below 0",
    values.includes(-Infinity) && "minus infinite",
  ].filter(Boolean);
  const why = kinds.some((kind) => kind !== "minus infinite") ? ", which a logarithmic axis has no place for" : "";
  return `${arrow} at the lower edge: ${kinds.join(" or ")}${why}`;
}

// The marks of one line: a trace for each edge it has values behind.
function edgeTraces(line, values, isLog, style) {
  return Object.entries(EDGES).flatMap(([edge, { y, symbol }]) => {
    const places = placesBehind(values, isLog, edge);
    if (!places.length) return [];
    const behind = places.map((place) => values[place]);
    const { color, size } = style.marker;
    return [{
      type: "scatter",
      mode: "markers",
      name: style.name,
      legendgroup: style.legendgroup,
      showlegend: false,
      x: picked(line.x, places),
      y: places.map(() => y),
      yaxis: "y2",
      cliponaxis: false,
      text: behind.map(inWords),
      hovertemplate: "%{text}",
      marker: { color, size: size + 4, symbol },
      meta: { part: "edge", edge, values: [...new Set(behind)] },
    }];
  });
}

// The edges that are marked in a chart, each with its sentence.
function edgeNotes(data) {
  const marks = data.filter((trace) => trace.meta?.part === "edge");
  return Object.keys(EDGES).flatMap((edge) => {
    const values = marks.filter(({ meta }) => meta.edge === edge).flatMap(({ meta }) => meta.values);
    return values.length ? [{ edge, sentence: edgeSentence(edge, values) }] : [];
  });
}

// The vertical axis of the marks: the chart's height from 0 to 1, whatever the zoom.
const EDGE_AXIS = { overlaying: "y", range: [0, 1], autorange: false, fixedrange: true, visible: false };
