// Original, picture and error map side by side; each file is loaded once and kept.

class Pictures {
  constructor(host) {
    this.urls = new Map(); // address on the server -> promise of an address in the browser
    this.original = this.figure(host, "Original");
    this.fit = this.figure(host, "Picture");
    this.error = this.figure(host, "Error map");
    this.error.note.textContent = "black 0, yellow from 25 % on";
  }

  figure(host, title) {
    const figure = element("figure", "shown", host);
    element("figcaption", "", figure, title);
    const img = element("img", "pixels", figure);
    const note = element("p", "note", figure);
    return { figure, img, note };
  }

  begin({ original, size, seeds }) {
    this.clear();
    const isWall = seeds.length > 1;
    Object.assign(this, { size, isWall });
    const { img, figure } = this.original;
    figure.hidden = !original;
    if (original) img.src = original;
    img.alt = "The picture the network is fitted to";
    this.error.figure.hidden = isWall;
    this.fit.note.textContent = isWall ? `${seeds.length} seeds, row by row: ${seeds[0]} to ${seeds.at(-1)}` : "";
    for (const one of [this.original, this.fit, this.error]) one.img.style.aspectRatio = `${size[0]} / ${size[1]}`;
    if (isWall) this.fit.img.style.aspectRatio = "auto";
  }

  // A file of the run in the browser's memory.
  kept(url, asking) {
    if (!this.urls.has(url)) {
      const loading = asking.blob(url).then((file) => URL.createObjectURL(file));
      loading.catch(() => this.urls.delete(url));
      this.urls.set(url, loading);
    }
    return this.urls.get(url);
  }

  async prefetch(snapshots, asking) {
    for (const { parts } of snapshots) {
      for (const name of ["reconstruction", "error"]) if (parts[name]) await this.kept(parts[name], asking);
    }
  }

  async show({ step, parts }, asking) {
    this.step = step;
    const shown = [[this.fit, parts.reconstruction, "The fit"], [this.error, parts.error, "Where the fit is wrong,"]];
    await Promise.all(shown.map(async ([{ img }, url, name]) => {
      if (!url) return;
      const address = await this.kept(url, asking);
      if (this.step !== step) return; // the slider has moved on
      img.src = address;
      img.alt = `${name} at step ${step.toLocaleString("en")}`;
      img.dataset.step = step;
    }));
  }

  clear() {
    for (const one of this.urls.values()) one.then(URL.revokeObjectURL, () => {});
    this.urls.clear();
    for (const { img } of [this.fit, this.error]) {
      img.removeAttribute("src");
      delete img.dataset.step;
    }
  }
}
