// From stored points to lines: axes, smoothing, thinning, mean and band over seeds, best points.

const AXES = {
  epoch: { title: "Epoch", hoverformat: ".2f", of: (run) => 1 / run.steps_per_epoch },
  samples: { title: "Training samples seen", hoverformat: ".3s", of: (run) => run.samples_per_step },
  step: { title: "Step", hoverformat: ",d", of: () => 1 },
  seconds: { title: "Seconds of training", hoverformat: ".2f", of: null },
};

const SMOOTHINGS = [
  ["Off", 0],
  ["Light", 0.3],
  ["Normal", 1],
  ["Strong", 4],
];

// Exponential mean over a number of points, fewer while few have come: it must not lag far behind
// a young curve.
const YOUNG_SHARE = 10;

function smoothed(values, numPoints, isLog) {
  let mean = 0;
  let count = 0;
  return values.map((value) => {
    if (value === null) return null;
    count += 1;
    const window = Math.max(1, Math.min(numPoints, count / YOUNG_SHARE));
    mean += ((isLog ? Math.log(value) : value) - mean) / window;
    return isLog ? Math.exp(mean) : mean;
  });
}

// Points of one run and metric: step, x, raw and, where wanted, smooth.
function lineOf(followed, trace, axis, smoothing, isLog) {
  const rows = followed.store[trace.key];
  const { run } = followed;
  if (!run || !rows?.step.length) return null;
  const factor = AXES[axis].of;
  const x = factor ? rows.step.map((step) => step * factor(run)) : rows.wall;
  const line = { step: rows.step, x, raw: rows.value, count: null };
  if (trace.smooth && smoothing) {
    const numRecorded = run.total_steps / Math.max(1, Math.floor(run.total_steps / 2000));
    line.smooth = smoothed(rows.value, (smoothing * numRecorded) / trace.smooth, isLog);
  }
  return line;
}

function mean(values) {
  if (values.includes(null)) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

// The mean over seeds at each step some have reached, with the lowest and highest. A seed that is
// not finite at a step leaves a gap there.
function averaged(lines) {
  const columns = new Map();
  for (const line of lines) {
    line.step.forEach((step, index) => {
      const column = columns.get(step) ?? { x: [], raw: [], smooth: [] };
      column.x.push(line.x[index]);
      column.raw.push(line.raw[index]);
      column.smooth.push((line.smooth ?? line.raw)[index]);
      columns.set(step, column);
    });
  }
  const step = [...columns.keys()].sort((a, b) => a - b);
  const ordered = step.map((key) => columns.get(key));
  const extreme = (of) => ordered.map((c) => (c.smooth.includes(null) ? null : of(...c.smooth)));
  return {
    step,
    x: ordered.map((column) => mean(column.x)),
    raw: ordered.map((column) => mean(column.raw)),
    smooth: lines[0].smooth && ordered.map((column) => mean(column.smooth)),
    low: extreme(Math.min),
    high: extreme(Math.max),
    count: ordered.map((column) => column.raw.length),
  };
}

// The place of the best value; null where there is none.
function bestIndex(values, better) {
  let best = null;
  values.forEach((value, index) => {
    if (value === null) return;
    const isBetter = best === null || (better === "max" ? value > values[best] : value < values[best]);
    if (isBetter) best = index;
  });
  return best;
}

// Places to draw when there are more points than a chart can show: of each stretch its first,
// lowest and highest, and the last of all. So no extreme, and with it no best value, is lost.
function thinned(values, limit) {
  if (values.length <= limit) return null;
  const width = Math.ceil((3 * values.length) / limit);
  const kept = new Set([values.length - 1]);
  for (let start = 0; start < values.length; start += width) {
    const part = values.slice(start, start + width);
    kept.add(start);
    for (const better of ["min", "max"]) {
      const place = bestIndex(part, better);
      if (place !== null) kept.add(start + place);
    }
    const gap = part.indexOf(null);
    if (gap >= 0) kept.add(start + gap);
  }
  return [...kept].sort((a, b) => a - b);
}

function picked(values, places) {
  return places ? places.map((place) => values[place]) : [...values];
}

function translucent(color, alpha) {
  const hex = /^#(..)(..)(..)$/.exec(color);
  if (!hex) return color;
  return `rgba(${hex.slice(1).map((part) => parseInt(part, 16)).join(", ")}, ${alpha})`;
}
