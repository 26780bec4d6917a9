// Numbers of an answer, among them those JSON has no word for, and lengths of time.

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

// A length of time in at most two units, none of them zero, as l335/core/wording.py has it.
function duration(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return inTwo(whole, "min", "s");
  return inTwo(Math.round(seconds / 60), "h", "min");
}

function inTwo(number, large, small) {
  const rest = number % 60;
  return `${Math.floor(number / 60)} ${large}${rest ? ` ${rest} ${small}` : ""}`;
}
