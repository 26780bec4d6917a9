// What a view of a run's recorded course shares: its frame, keeping up with the run, and trouble.

class RecordedView {
  // words: {gone, waiting}, said where an ended run has no snapshots, and where there is none yet.
  constructor(host, words) {
    this.words = words;
    this.trouble = element("div", "trouble", host);
    this.trouble.setAttribute("role", "alert");
    this.trouble.hidden = true;
    this.waits = element("p", "note", host);
    this.waits.setAttribute("role", "status");
    this.waits.hidden = true;
    this.empty = element("p", "note", host, "Loading …");
    this.inside = element("div", "inside", host);
    this.inside.hidden = true;
  }

  // For the server, as Asking tells it; what is shown stays.
  wait(sentence) {
    this.waits.hidden = !sentence;
    this.waits.textContent = sentence ?? "";
  }

  follow() {
    this.source.follow(() => this.takeNews(), (error, retry) => this.complain(error, retry));
  }

  takeNews() {
    const { source } = this;
    this.complain(null);
    if (!source.snapshots.length) {
      this.empty.textContent = OVER.includes(source.run.state) ? this.words.gone : this.words.waiting;
    }
    this.empty.hidden = source.snapshots.length > 0;
    this.inside.hidden = !source.snapshots.length;
    if (!source.snapshots.length) return;
    this.scrubber.update(source);
    this.prefetch();
    this.takeSnapshots(source);
  }

  complain(error, retry) {
    this.trouble.hidden = !error;
    this.trouble.replaceChildren();
    if (!error) return;
    this.empty.hidden = true;
    element("span", "", this.trouble, `${error.message} `);
    button("Try again", this.trouble, () => {
      this.complain(null);
      retry();
    });
  }
}
