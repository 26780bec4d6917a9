// Follows one run: asks the metrics route for what is new, quickly at first, never in a hidden tab.

const HASTY_POLL_MS = 60; // right after a click: the first point comes within half a second
const HASTE_MS = 1500;
const FIRST_POLL_MS = 150; // until the first point is there
const POLL_MS = 400;
const IDLE_POLL_MS = 2000; // waiting in the queue for long, or paused
const PATIENCE_MS = 15000;
const OVER = ["completed", "failed", "cancelled"];

class Feed {
  // ask(uid, after); onAnswer(answer, isWhole), onTrouble(sentence | null, isFinal); countActive()
  // runs are followed at once
  constructor(ask, onAnswer, onTrouble, countActive) {
    Object.assign(this, { ask, onAnswer, onTrouble, countActive });
    this.timer = null;
    this.asked = null;
    this.wake = () => {
      if (!document.hidden && this.uid && this.isDue) this.poll();
    };
    document.addEventListener("visibilitychange", this.wake);
  }

  follow(uid) {
    this.stop();
    Object.assign(this, { uid, after: 0, attempt: null, retries: 0, lastPolls: 1, isDue: false });
    this.startedAt = performance.now();
    this.poll();
  }

  // Look again after the run was over or paused, keeping what has been read.
  resume() {
    if (!this.uid || this.asked) return;
    clearTimeout(this.timer);
    this.lastPolls = 1;
    this.startedAt = performance.now();
    this.poll();
  }

  stop() {
    clearTimeout(this.timer);
    this.asked = this.timer = this.uid = null;
  }

  close() {
    this.stop();
    document.removeEventListener("visibilitychange", this.wake);
  }

  async poll() {
    clearTimeout(this.timer);
    this.isDue = document.hidden;
    if (document.hidden || this.asked) return;
    const asked = (this.asked = this.ask(this.uid, this.after));
    const answer = await asked.catch((error) => error);
    if (this.asked !== asked) return; // stopped meanwhile, or set to another run
    this.asked = null;
    if (answer instanceof Error) this.retry(answer);
    else if (answer.error) this.onTrouble(answer.error, true);
    else this.take(answer);
  }

  take(answer) {
    if (this.retries) this.onTrouble(null, false);
    this.retries = 0;
    // A new attempt starts from a checkpoint: what came after that point is written anew.
    if (this.attempt !== null && answer.run.attempt !== this.attempt && this.after > 0) {
      this.attempt = answer.run.attempt;
      this.after = 0;
      this.schedule(0);
      return;
    }
    const isWhole = this.after === 0;
    this.attempt = answer.run.attempt;
    this.after = answer.last_seq;
    this.onAnswer(answer, isWhole);
    if (answer.more) this.schedule(0);
    else if (OVER.includes(answer.run.state)) {
      // Once more: the last picture may have been stored a moment after the last number.
      if (this.lastPolls-- > 0) this.schedule(POLL_MS);
    } else this.schedule(this.interval(answer.run.state));
  }

  interval(state) {
    const waited = performance.now() - this.startedAt;
    const isEarly = waited < PATIENCE_MS;
    const first = waited < HASTE_MS ? HASTY_POLL_MS : FIRST_POLL_MS;
    // Many runs share what the server is asked for: two may be as quick as one.
    const share = Math.max(1, this.countActive() / 2);
    if (state === "running") return share * (this.after > 0 ? POLL_MS : first);
    return share * (isEarly && state === "queued" ? first : IDLE_POLL_MS);
  }

  retry(error) {
    this.retries += 1;
    // The first failure may be a passing one; say so only if it stays.
    if (this.retries > 1) this.onTrouble(error.message, false);
    this.schedule(retryDelay(this.retries));
  }

  schedule(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.poll(), milliseconds);
  }
}
