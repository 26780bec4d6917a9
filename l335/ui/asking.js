// Asks the server. Where no answer comes, a question is asked again by itself, later each time and
// never in a hidden tab; a refusal is final.

const MAX_RETRY_MS = 5000;
const RECONNECTING = "The server does not answer. Reconnecting …";

// None came, or one that is not ours: of a proxy whose server is away, of a server whose disk is
// full. It may pass.
class NoAnswer extends Error {}

function retryDelay(tries) {
  return Math.min(MAX_RETRY_MS, 300 * 2 ** tries);
}

function isJson(response) {
  return response.headers.get("content-type")?.startsWith("application/json");
}

// An answer that is no refusal.
async function fetchAnswer(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new NoAnswer(RECONNECTING);
  }
  if (response.ok) return response;
  const sentence = isJson(response) ? (await response.json().catch(() => ({}))).error : null;
  if (!isJson(response) || response.status >= 500) throw new NoAnswer(sentence ?? RECONNECTING);
  throw new Error(sentence ?? `The server answered with status ${response.status}.`);
}

async function fetchJson(url, options) {
  const response = await fetchAnswer(url, options);
  if (!isJson(response)) throw new NoAnswer(RECONNECTING);
  return response.json().catch(() => Promise.reject(new NoAnswer(RECONNECTING)));
}

async function fetchBlob(url, options) {
  const response = await fetchAnswer(url, options);
  return response.blob().catch(() => Promise.reject(new NoAnswer(RECONNECTING)));
}

// Resolves after this time; in a hidden tab not before it is seen again.
async function pause(milliseconds, signal) {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  if (document.hidden) await new Promise((resolve) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
  });
  signal.throwIfAborted();
}

// All questions of one view, until it is closed. onWait(sentence | null): what it waits for, or
// that all is answered again.
class Asking {
  constructor(onWait) {
    Object.assign(this, { onWait, waiting: new Map() });
    this.abort = new AbortController();
  }

  get isClosed() {
    return this.abort.signal.aborted;
  }

  close() {
    this.abort.abort();
  }

  json(url, options) {
    return this.patiently(() => fetchJson(url, { ...options, signal: this.abort.signal }));
  }

  blob(url) {
    return this.patiently(() => fetchBlob(url, { signal: this.abort.signal }));
  }

  // What ask() answers, asked again for as long as there is no answer; fails where it is refused.
  async patiently(ask) {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await ask();
        this.say(ask, null);
        return answer;
      } catch (error) {
        const mayPass = error instanceof NoAnswer && !this.isClosed;
        // The first failure may be a passing one; it is said only if it stays.
        this.say(ask, mayPass && tries > 1 ? error.message : null);
        if (!mayPass) throw error;
      }
      await this.pause(retryDelay(tries));
    }
  }

  pause(milliseconds) {
    return pause(milliseconds, this.abort.signal);
  }

  say(ask, sentence) {
    const hasWaited = this.waiting.delete(ask);
    if (sentence) this.waiting.set(ask, sentence);
    if ((hasWaited || sentence) && !this.isClosed) this.onWait([...this.waiting.values()].at(-1) ?? null);
  }
}
