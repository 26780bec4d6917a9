// Where all panes look: one scale and one place, in shares of a pane, so that they stay equal.

const MAX_SCALE = 64;
const WHEEL_STEP = 1.0015; // per pixel the wheel reports
const BUTTON_STEP = 1.5;
const KEY_PAN = 0.1; // of a pane

class View {
  constructor(onChange) {
    this.onChange = onChange;
    this.reset();
  }

  reset() {
    Object.assign(this, { scale: 1, x: 0, y: 0 });
    this.onChange(this);
  }

  // The point (u, v) of the pane, in [0, 1], stays where it is.
  zoom(ratio, u = 0.5, v = 0.5) {
    const scale = Math.min(MAX_SCALE, Math.max(1, this.scale * ratio));
    const grown = scale / this.scale;
    this.scale = scale;
    this.move(u - grown * (u - this.x) - this.x, v - grown * (v - this.y) - this.y);
  }

  // No pane ever looks beyond the picture.
  move(dx, dy) {
    const within = (place) => Math.min(0, Math.max(1 - this.scale, place));
    this.x = within(this.x + dx);
    this.y = within(this.y + dy);
    this.onChange(this);
  }

  get transform() {
    return `translate(${(100 * this.x).toFixed(4)}%, ${(100 * this.y).toFixed(4)}%) scale(${this.scale.toFixed(4)})`;
  }
}

const KEYS = {
  "+": (view) => view.zoom(BUTTON_STEP),
  "=": (view) => view.zoom(BUTTON_STEP),
  "-": (view) => view.zoom(1 / BUTTON_STEP),
  "0": (view) => view.reset(),
  ArrowLeft: (view) => view.move(KEY_PAN, 0),
  ArrowRight: (view) => view.move(-KEY_PAN, 0),
  ArrowUp: (view) => view.move(0, KEY_PAN),
  ArrowDown: (view) => view.move(0, -KEY_PAN),
};

// Wheel, drag, double click and keys on one pane move the view of all.
function listen(window, view) {
  const share = (event) => {
    const box = window.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  window.addEventListener("wheel", (event) => {
    // The whole picture is in view: let the page scroll on.
    if (view.scale === 1 && event.deltaY > 0) return;
    event.preventDefault();
    const pixels = event.deltaMode === 1 ? 16 * event.deltaY : event.deltaY;
    view.zoom(WHEEL_STEP ** -pixels, ...share(event));
  }, { passive: false });
  let last = null;
  window.onpointerdown = (event) => {
    if (event.button !== 0) return;
    last = share(event);
    window.setPointerCapture(event.pointerId);
  };
  window.onpointermove = (event) => {
    if (!last) return;
    const now = share(event);
    view.move(now[0] - last[0], now[1] - last[1]);
    last = now;
  };
  window.onpointerup = window.onpointercancel = () => (last = null);
  window.ondblclick = () => view.reset();
  window.onkeydown = (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act(view);
  };
}
