// One picture in a window it is moved behind.

class Pane {
  constructor(parent, view, title, { whole, band }) {
    this.host = element("figure", "pane", parent);
    this.caption = element("figcaption", "", this.host, title);
    this.window = element("div", "window", this.host);
    this.window.tabIndex = 0;
    this.window.setAttribute("role", "group");
    this.window.style.aspectRatio = `${whole[0]} / ${whole[1]}`;
    this.moved = element("div", "moved", this.window);
    this.canvas = element("canvas", "", this.moved);
    this.canvas.setAttribute("role", "img");
    if (band[0] || band[1]) {
      const frame = element("div", "frame", this.moved);
      frame.style.inset = `${(100 * band[1]) / whole[1]}% ${(100 * band[0]) / whole[0]}%`;
    }
    listen(this.window, view);
    this.name(title);
  }

  name(title) {
    this.caption.textContent = title;
    this.canvas.setAttribute("aria-label", title);
    this.window.setAttribute("aria-label", `${title}: arrow keys move, plus and minus zoom, 0 shows all`);
  }

  look(view) {
    this.moved.style.transform = view.transform;
    // Once a pixel is larger than one of the screen, its edges are to be seen.
    const size = (view.scale * this.window.clientWidth) / Math.max(1, this.canvas.width);
    this.canvas.style.imageRendering = size > 1 ? "pixelated" : "auto";
  }
}

// A picture of the server, drawn on its pane's canvas as it was stored.
class Picture {
  constructor(pane, { name, title, url }) {
    Object.assign(this, { pane, name, title, url });
  }

  async load(asking) {
    const bitmap = await createImageBitmap(await asking.blob(this.url), { colorSpaceConversion: "none" });
    const { canvas } = this.pane;
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.context.drawImage(bitmap, 0, 0);
  }

  get pixels() {
    return this.context.getImageData(0, 0, this.pane.canvas.width, this.pane.canvas.height);
  }
}
