// Asks the server for the points of runs. Questions that come up at the same moment travel in one
// request: fifty runs would wait for each other, six at a time, and cost the server fifty answers.

const MOST_AT_ONCE = 32;
const GATHER_MS = 5;

class Questions {
  constructor(prefix) {
    Object.assign(this, { prefix, waiting: [] });
  }

  // What is new of a run, or {error} where it is refused; fails where the server does not answer.
  ask(uid, after) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ uid, after, resolve, reject });
      if (this.waiting.length === 1) setTimeout(() => this.send(), GATHER_MS);
    });
  }

  send() {
    const all = this.waiting;
    this.waiting = [];
    while (all.length) this.sendTogether(all.splice(0, MOST_AT_ONCE));
  }

  async sendTogether(asked) {
    try {
      const answers = await this.answers(asked);
      asked.forEach(({ resolve }, place) => resolve(answers[place]));
    } catch (error) {
      asked.forEach(({ reject }) => reject(error));
    }
  }

  async answers(asked) {
    const [{ uid, after }] = asked;
    const isOne = asked.length === 1;
    const path = isOne
      ? `/api/runs/${uid}/metrics?after=${after}`
      : `/api/metrics?after=${asked.map((one) => `${one.uid}:${one.after}`).join(",")}`;
    try {
      const answer = await fetchJson(this.prefix + path);
      return isOne ? [answer] : answer.answers;
    } catch (error) {
      if (error instanceof NoAnswer) throw error;
      return asked.map(() => ({ error: error.message }));
    }
  }
}
