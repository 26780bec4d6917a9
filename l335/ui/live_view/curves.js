// From stored points to lines: axes, smoothing, downsampling, mean and band over seeds, best points.

// Images or pixels seen until a step has been taken: the last batch of a pass may be smaller.
function samplesAt(run, step) {
  const batches = step % run.steps_per_epoch;
  const epochs = (step - batches) / run.steps_per_epoch;
  const rest = Math.min(batches * run.samples_per_batch, run.samples_per_epoch);
  return epochs * run.samples_per_epoch + rest;
}

function epochsAt(run, step) {
  return samplesAt(run, step) / run.samples_per_epoch;
}

const AXES = {
  epoch: { title: "Epoch", hoverformat: ".2f", at: epochsAt },
  samples: { title: "Training samples seen", hoverformat: ".3s", at: samplesAt },
  step: { title: "Step", hoverformat: ",d", at: (run, step) => step },
  seconds: { title: "Seconds of training", hoverformat: ".2f", at: null },
};

const SMOOTHINGS = [
  ["Off", 0],
  ["Light", 0.3],
  ["Normal", 1],
  ["Strong", 4],
];

// How many losses a run records; each is the mean over the steps since the one before.
const NUM_RECORDED = 2000;

// Exponential mean over a share of the run, less while it is young: it must not lag far behind a
// young curve. Steps count, not points, so that a downsampled curve is smoothed as the whole one is.
const YOUNG_SHARE = 10;

function smoothed(rows, totalSteps, share, isLog) {
  const spacing = Math.max(1, Math.floor(totalSteps / NUM_RECORDED));
  const longest = (share * totalSteps) / spacing;
  let mean = null;
  let count = 0;
  return rows.value.map((value, index) => {
    // What the axis has no place for must not pull the mean there for good.
    if (value === null || edgeOf(value, isLog) || edgeOf(rows.mean[index], isLog)) return null;
    const added = rows.step[index] / spacing - count;
    count += added;
    const window = Math.max(1, Math.min(longest, count / YOUNG_SHARE));
    const news = isLog ? Math.log(rows.mean[index]) : rows.mean[index];
    mean = mean === null ? news : news + (mean - news) * (1 - 1 / window) ** added;
    return isLog ? Math.exp(mean) : mean;
  });
}

// Points of one run and metric: step, x, raw and, where wanted, smooth; numRecorded are in the store.
function lineOf(followed, trace, axis, smoothing, isLog) {
  const rows = followed.store[trace.key];
  const { run } = followed;
  if (!run || !rows?.step.length) return null;
  const { at } = AXES[axis];
  const x = at ? rows.step.map((step) => at(run, step)) : rows.wall;
  const line = { step: rows.step, x, raw: rows.value, count: null, numRecorded: rows.numRecorded };
  if (trace.smooth && smoothing) {
    line.smooth = smoothed(rows, run.total_steps, smoothing / trace.smooth, isLog);
  }
  return line;
}

function mean(values) {
  if (values.includes(null)) return null;
  return numberOf(values.reduce((sum, value) => sum + value, 0) / values.length);
}

// A line's values at some of the steps it has reached, and straight between its own points; null
// beside a gap.
function valuesAt(line, values, steps) {
  let next = 0;
  return steps.map((step) => {
    while (line.step[next] < step) next += 1;
    if (line.step[next] === step || next === 0) return values[next];
    const [low, high] = [values[next - 1], values[next]];
    if (low === null || high === null) return null;
    if (!Number.isFinite(low + high)) return numberOf(low + high);
    const share = (step - line.step[next - 1]) / (line.step[next] - line.step[next - 1]);
    return low + share * (high - low);
  });
}

// The mean over seeds at each step some have reached, with the lowest and highest. A seed that is
// not finite at a step leaves a gap there. Downsampled seeds keep different steps, so each counts
// between its points too.
function averaged(lines) {
  const step = [...new Set(lines.flatMap((line) => line.step))].sort((a, b) => a - b);
  const columns = step.map(() => ({ x: [], raw: [], smooth: [] }));
  for (const line of lines) {
    const first = step.indexOf(line.step[0]);
    const reached = step.slice(first, step.indexOf(line.step.at(-1)) + 1);
    for (const [part, values] of Object.entries({ x: line.x, raw: line.raw, smooth: line.smooth ?? line.raw })) {
      valuesAt(line, values, reached).forEach((value, index) => columns[first + index][part].push(value));
    }
  }
  const extreme = (of) => columns.map((c) => (c.smooth.includes(null) ? null : of(...c.smooth)));
  return {
    step,
    x: columns.map((column) => mean(column.x)),
    raw: columns.map((column) => mean(column.raw)),
    smooth: lines[0].smooth && columns.map((column) => mean(column.smooth)),
    low: extreme(Math.min),
    high: extreme(Math.max),
    count: columns.map((column) => column.raw.length),
    numRecorded: Math.max(...lines.map((line) => line.numRecorded)),
  };
}

// The place of the best value, which may be infinite; null where there is none.
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
function downsampled(values, limit) {
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
