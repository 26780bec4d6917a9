// The course as a GIF, made by a worker and downloaded once it is there.

class Film {
  constructor(host, onTrouble) {
    this.onTrouble = onTrouble;
    const row = element("div", "row film", host);
    this.make = button("Download as GIF", row, () => this.ask());
    this.says = element("span", "note", row);
    this.says.setAttribute("role", "status");
    this.link = element("a", "", row);
    this.link.hidden = true;
  }

  begin({ seeds }) {
    this.what = seeds.length > 1 ? "picture" : "picture, error map and spectrum";
    this.says.textContent = `${this.what[0].toUpperCase()}${this.what.slice(1)} over the recorded steps.`;
    this.link.hidden = true;
    this.make.disabled = false;
  }

  async ask() {
    const { source } = this;
    this.make.disabled = true;
    this.link.hidden = true;
    this.says.textContent = "Waiting for a free worker …";
    try {
      const { movie } = await source.look({ kind: "movie" }, (look) => {
        if (this.source !== source) return;
        this.says.textContent = look.state === "queued" ? queueWords(look) : `Drawing the frames: ${percent(look.share, 0)}`;
      });
      if (this.source !== source) return;
      const count = movie.meta.steps.length;
      this.says.textContent = `${count} ${count === 1 ? "frame" : "frames"}, ${movie.meta.width} × ${movie.meta.height} pixels.`;
      this.link.href = movie.url;
      this.link.download = `course-${source.uid.slice(0, 8)}.gif`;
      this.link.textContent = "Download again";
      this.link.hidden = false;
      this.link.click();
    } catch (error) {
      if (source.isClosed || this.source !== source) return;
      this.says.textContent = "";
      this.onTrouble(error, () => this.ask());
    } finally {
      if (this.source === source) this.make.disabled = false;
    }
  }
}
