// Numbers of an answer, among them those JSON has no word for.

const SPELLED = { inf: Infinity, "-inf": -Infinity };

// A value as the server writes it; null where it is no number.
function numberOf(value) {
  if (typeof value === "number") return Number.isNaN(value) ? null : value;
  return SPELLED[value] ?? null;
}

function numbersOf(values) {
  return values.map(numberOf);
}

function inWords(value) {
  if (value === Infinity) return "infinite";
  if (value === -Infinity) return "minus infinite";
  return String(+value.toPrecision(4)).replace("-", "−");
}
