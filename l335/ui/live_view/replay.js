// Shows a recorded run again: the same answers as the metrics route gave, on a clock of the page.

const TICK_MS = 250;
const recordings = new Map();

function loadRecording(url) {
  if (!recordings.has(url)) {
    const loading = fetchJson(url);
    loading.catch(() => recordings.delete(url));
    recordings.set(url, loading);
  }
  return recordings.get(url);
}

// Seconds of training that are shown, at the replay's speed; it stands while paused.
class ReplayClock {
  set({ elapsed, speed, isPaused }) {
    Object.assign(this, { elapsed, speed, isPaused, since: performance.now() });
  }

  get wall() {
    const passed = this.isPaused ? 0 : (performance.now() - this.since) / 1000;
    return (this.elapsed + passed) * this.speed;
  }
}

class Replay {
  // As a Feed: onAnswer(answer, isWhole), onTrouble(sentence, isFinal).
  constructor(url, uid, clock, onAnswer, onTrouble) {
    Object.assign(this, { url, uid, clock, onAnswer, onTrouble, shown: 0 });
    this.asking = new Asking((sentence) => onTrouble(sentence, false));
  }

  async follow() {
    try {
      this.recorded = (await this.asking.patiently(() => loadRecording(this.url))).runs[this.uid];
    } catch (error) {
      if (this.asking.isClosed) return;
      this.onTrouble(`The recording could not be read: ${error.message}`, true);
      return;
    }
    if (this.asking.isClosed) return;
    this.show(true);
    this.timer = setInterval(() => this.show(false), TICK_MS);
  }

  show(isFirst) {
    const { run, series } = this.recorded;
    const wall = this.clock.wall;
    const isOver = wall >= run.train_seconds;
    const news = {};
    for (const [key, rows] of Object.entries(series)) {
      const places = rows.step.map((_, place) => place).filter((place) => {
        const at = rows.wall[place];
        return (isFirst || at > this.shown) && (at <= wall || isOver);
      });
      if (!places.length) continue;
      news[key] = Object.fromEntries(
        ["step", "value", "wall"].map((part) => [part, places.map((place) => rows[part][place])]),
      );
    }
    this.shown = Math.max(this.shown, isOver ? run.train_seconds + 1 : wall);
    const share = run.train_seconds ? Math.min(1, wall / run.train_seconds) : 1;
    const now = isOver ? run : { ...run, state: "running", step: Math.floor(share * run.step) };
    this.onAnswer({ run: { ...now, summary: {} }, series: news, previews: {} }, isFirst);
    if (isOver) clearInterval(this.timer);
  }

  resume() {}

  close() {
    this.asking.close();
    clearInterval(this.timer);
  }
}
