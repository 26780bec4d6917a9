// Puts the parts together: one viewer per mounted component, kept through every page rerun.

const LOADING = "Loading the pictures …";
const viewers = new WeakMap();

class Viewer {
  constructor(host) {
    this.host = host;
    this.trouble = element("div", "trouble", host);
    this.trouble.setAttribute("role", "alert");
    this.trouble.hidden = true;
    const bar = element("div", "row bar", host);
    this.zoomed = element("span", "zoomed");
    this.zoomed.setAttribute("role", "status");
    this.grid = element("div", "grid", host);
    this.note = element("p", "note", host);
    Object.assign(this, { panes: [], pictures: [], isLoaded: false });
    this.view = new View(() => this.look());
    const named = (text, label, act) => button(text, bar, act).setAttribute("aria-label", label);
    named("+", "Zoom in", () => this.view.zoom(BUTTON_STEP));
    named("−", "Zoom out", () => this.view.zoom(1 / BUTTON_STEP));
    button("Reset", bar, () => this.view.reset());
    bar.append(this.zoomed);
    this.toggles = element("div", "row", bar);
    this.toggles.setAttribute("role", "group");
    this.toggles.setAttribute("aria-label", "Pictures to show");
    this.difference = new Difference(bar, () => this.showDifference());
    this.resized = new ResizeObserver(() => this.look());
    this.resized.observe(this.grid);
  }

  update({ data }) {
    if (this.data && JSON.stringify(this.data) === JSON.stringify(data)) return;
    this.data = data;
    this.begin();
  }

  async begin() {
    this.asking?.close();
    const asking = (this.asking = new Asking((sentence) => (this.note.textContent = sentence ?? LOADING)));
    this.trouble.hidden = true;
    this.isLoaded = false;
    this.grid.replaceChildren();
    const pane = (title) => new Pane(this.grid, this.view, title, this.data);
    this.pictures = this.data.panes.map((one) => new Picture(pane(one.title), one));
    this.toggles.replaceChildren();
    for (const picture of this.pictures) this.offerToHide(picture);
    this.differing = pane("Difference");
    this.differing.host.hidden = true;
    this.panes = [...this.pictures.map((picture) => picture.pane), this.differing];
    this.difference.offer(this.data.panes);
    this.view.reset();
    this.note.textContent = LOADING;
    try {
      await Promise.all(this.pictures.map((picture) => picture.load(asking)));
    } catch (error) {
      if (!asking.isClosed) this.complain(error);
      return;
    }
    this.isLoaded = true;
    this.host.dataset.look = this.data.look;
    this.tell();
    this.showDifference();
  }

  offerToHide({ title, pane: { host } }) {
    const toggle = button(title, this.toggles, () => {
      const isLast = !host.hidden && this.pictures.filter(({ pane }) => !pane.host.hidden).length === 1;
      host.hidden = !host.hidden && !isLast;
      toggle.setAttribute("aria-pressed", String(!host.hidden));
      this.look();
    });
    toggle.setAttribute("aria-pressed", "true");
  }

  tell() {
    const { whole: [width, height], band } = this.data, { canvas } = this.pictures[0].pane;
    const size = (one, other) => `${one.toLocaleString("en")} × ${other.toLocaleString("en")} pixels`;
    const words = [];
    if (canvas.width < width || canvas.height < height) words.push(
      `Shown averaged down to ${size(canvas.width, canvas.height)}; the download has all ${size(width, height)}.`);
    if (band[0] || band[1]) words.push(
      "The line is the frame. Beyond it the filters know nothing and repeat the edge.");
    words.push("Wheel, drag or keys move all pictures together; a double click shows all again.");
    this.note.textContent = words.join(" ");
  }

  showDifference() {
    if (!this.differing) return;
    this.differing.host.hidden = !this.difference.isOn;
    if (this.difference.isOn && this.isLoaded) this.difference.draw(this.differing, this.pictures);
    this.look();
  }

  look() {
    if (!this.view) return;
    for (const pane of this.panes) pane.look(this.view);
    this.zoomed.textContent = `${this.view.scale.toFixed(1)}×`;
  }

  complain(error) {
    this.note.textContent = "";
    this.trouble.hidden = false;
    this.trouble.replaceChildren();
    element("span", "", this.trouble, `${error.message} `);
    button("Try again", this.trouble, () => this.begin());
  }

  close() {
    this.asking?.close();
    this.resized.disconnect();
  }
}

export default function mount(component) {
  const { parentElement } = component;
  let viewer = viewers.get(parentElement);
  if (!viewer) {
    viewer = new Viewer(parentElement.querySelector(".viewer"));
    viewers.set(parentElement, viewer);
  }
  viewer.update(component);
  return () => {
    viewer.close();
    viewers.delete(parentElement);
  };
}
