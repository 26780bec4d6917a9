// The line above the charts: state, progress, time left, and the figures a run is judged by.

const STATES = {
  ready: ["Ready", "gray"],
  queued: ["Queued", "orange"],
  running: ["Running", "blue"],
  paused: ["Paused", "violet"],
  completed: ["Completed", "green"],
  failed: ["Failed", "red"],
  cancelled: ["Stopped", "gray"],
};
const WISHES = { pause: "Pausing …", cancel: "Stopping …" };
const ANNOUNCE_MS = 10000; // a screen reader is told this often, not at every poll

function figure(value, metric) {
  value = numberOf(value);
  if (value === null) return "–";
  if (!Number.isFinite(value)) return `${inWords(value)} ${metric.unit}`.trim();
  if (metric.percent) return `${(100 * value).toFixed(1)} %`;
  if (!metric.unit && value && Math.abs(value) < 1e-4) return value.toExponential(metric.digits - 1);
  if (!metric.unit && Math.abs(value) < 0.1) return value.toPrecision(metric.digits);
  return `${value.toFixed(metric.digits)} ${metric.unit}`.trim();
}

function element(tag, className, parent) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  parent?.append(made);
  return made;
}

class Status {
  constructor(host) {
    this.line = element("div", "l335-line", host);
    this.badge = element("span", "l335-badge", this.line);
    this.done = element("span", "l335-done", this.line);
    this.time = element("span", "l335-time", this.line);
    this.bar = element("div", "l335-bar", host);
    this.bar.setAttribute("role", "progressbar");
    this.bar.setAttribute("aria-label", "Progress of the run");
    this.fill = element("div", "l335-fill", this.bar);
    this.trouble = element("div", "l335-trouble", host);
    this.trouble.setAttribute("role", "alert");
    this.cards = element("div", "l335-figures", host);
    this.spoken = element("div", "l335-spoken", host);
    this.spoken.setAttribute("role", "status");
    this.spoken.setAttribute("aria-live", "polite");
    this.spokenAt = -ANNOUNCE_MS;
  }

  prepare(data) {
    this.data = data;
    // In a race no run stands for the others; the page says how they are getting on.
    this.line.hidden = this.bar.hidden = data.isRace;
    this.cards.replaceChildren();
    this.figures = data.figures.map((spec) => {
      const card = element("div", "l335-figure", this.cards);
      if (spec.metric.measured) card.title = spec.metric.measured;
      element("div", "l335-figure-title", card).textContent = spec.title;
      const value = element("div", "l335-figure-value", card);
      const note = element("div", "l335-figure-note", card);
      value.textContent = "–";
      note.textContent = "\u00a0";
      card.hidden = spec.optional;
      return { spec, card, value, note };
    });
    this.spokenState = null;
    this.complain(null);
    if (!data.uid) this.showReady();
  }

  showReady() {
    this.setBadge("ready", null);
    this.done.textContent = this.data.hint;
    this.time.textContent = "";
    this.setShare(0);
  }

  // The large figures are one run's; beside others they would mislead.
  setComparison(numRuns) {
    this.cards.hidden = numRuns > 1;
    this.others = null;
  }

  // How several runs are getting on.
  count(followed) {
    const runs = followed.map(({ run }) => run).filter(Boolean);
    if (followed.length < 2) return;
    const counts = {};
    for (const { state } of runs) counts[state] = (counts[state] ?? 0) + 1;
    const parts = Object.entries(counts).map(([state, n]) => `${n} ${STATES[state][0].toLowerCase()}`);
    this.others = `${followed.length} runs: ${parts.join(", ")}`;
    const total = runs.reduce((sum, run) => sum + run.total_steps, 0);
    this.share = runs.reduce((sum, run) => sum + run.step, 0) / total;
    this.done.textContent = this.others;
    this.time.textContent = "";
    this.setShare(this.share);
  }

  setBadge(state, want) {
    const [title, color] = STATES[state];
    const isActive = state === "running" || state === "queued";
    this.badge.textContent = (isActive && WISHES[want]) || title;
    this.badge.dataset.color = color;
    this.badge.classList.toggle("l335-live", state === "running");
    this.fill.dataset.color = color;
  }

  setShare(share) {
    this.fill.style.transform = `scaleX(${share})`;
    this.bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
  }

  show(run) {
    this.setBadge(run.state, run.want);
    if (!this.others) {
      this.setShare(run.total_steps ? run.step / run.total_steps : 0);
      this.done.textContent = this.doneText(run);
      this.time.textContent = this.timeText(run);
    }
    this.figures.forEach((card) => this.showFigure(card, run));
    const isFailed = run.state === "failed" && !this.data.isRace;
    this.complain(isFailed ? run.error_text : run.waits_for || null);
    if (!this.data.isRace) this.announce(run);
  }

  doneText(run) {
    if (run.state === "queued" && run.step === 0) {
      if (run.queue_position > 1) return `Waiting: number ${run.queue_position} in the queue`;
      return "Starting …";
    }
    const step = `step ${run.step.toLocaleString("en")} of ${run.total_steps.toLocaleString("en")}`;
    if (this.data.task !== "classify") return step[0].toUpperCase() + step.slice(1);
    const epochs = run.total_steps / run.steps_per_epoch;
    const epoch = Math.min(epochs, Math.floor(10 * epochsAt(run, run.step)) / 10);
    return `Epoch ${Number.isInteger(epoch) ? epoch : epoch.toFixed(1)} of ${epochs} · ${step}`;
  }

  timeText(run) {
    if (!run.step) return "";
    const spent = `${duration(run.train_seconds)} of training`;
    const isLeft = run.state === "running" && run.seconds_left !== null;
    return isLeft ? `${spent} · about ${duration(run.seconds_left)} left` : spent;
  }

  showFigure({ spec, card, value, note }, run) {
    const entry = run.summary[spec.key];
    card.hidden = spec.optional && !entry;
    value.textContent = figure(entry?.last, spec.metric);
    const text = entry ? this.noteText(spec, entry, run) : "";
    note.textContent = text || "\u00a0";
  }

  noteText(spec, entry, run) {
    if (spec.versus) {
      const [last, other] = [entry.last, run.summary[spec.versus]?.last].map(numberOf);
      if (last === null || other === null || last === other) return "";
      const gain = last - other;
      const sign = gain < 0 ? "−" : "+";
      return `${sign}${figure(Math.abs(gain), spec.metric)} ${spec.versus_title}`;
    }
    if (numberOf(entry.best) === null) return "";
    const at = this.data.task === "classify"
      ? `epoch ${+epochsAt(run, entry.best_step).toFixed(1)}`
      : `step ${entry.best_step.toLocaleString("en")}`;
    return `best ${figure(entry.best, spec.metric)} · ${at}`;
  }

  complain(sentence) {
    if (this.trouble.textContent !== (sentence ?? "")) this.trouble.textContent = sentence ?? "";
    this.trouble.hidden = !sentence;
  }

  announce(run) {
    const now = performance.now();
    if (run.state === this.spokenState && now - this.spokenAt < ANNOUNCE_MS) return;
    this.spokenState = run.state;
    this.spokenAt = now;
    const figures = this.figures
      .filter(({ spec }) => run.summary[spec.key])
      .map(({ spec }) => `${spec.title} ${figure(run.summary[spec.key].last, spec.metric)}`);
    this.spoken.textContent = [STATES[run.state][0], this.doneText(run), ...figures].join(". ");
  }
}
